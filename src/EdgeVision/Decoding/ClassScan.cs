using System.Numerics;

namespace EdgeVision;

/// <summary>The best class of each cell where scores lie class by class.</summary>
internal static class ClassScan
{
    /// <summary>
    /// Writes the greatest of <paramref name="classes"/> scores of each cell, and which it is, the lower class at ties; scores:
    /// [classes, cells]. False where a score is NaN or infinite.
    /// </summary>
    public static bool Run(ReadOnlySpan<float> scores, int classes, int cells, Span<float> best, Span<int> bestClass)
    {
        bool finite = true;
        int width = Vector<float>.Count, i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            var allFinite = Vector<int>.AllBitsSet;
            for (; i <= cells - width; i += width)
            {
                var max = new Vector<float>(scores.Slice(i, width));
                allFinite &= Vector.Equals(max - max, Vector<float>.Zero);
                var arg = Vector<int>.Zero;
                for (int c = 1; c < classes; c++)
                {
                    var v = new Vector<float>(scores.Slice(c * cells + i, width));
                    allFinite &= Vector.Equals(v - v, Vector<float>.Zero); // NaN and infinities give NaN
                    var greater = Vector.GreaterThan(v, max);
                    max = Vector.ConditionalSelect(greater, v, max);
                    arg = Vector.ConditionalSelect(greater, new Vector<int>(c), arg);
                }

                max.CopyTo(best[i..]);
                arg.CopyTo(bestClass[i..]);
            }

            finite = Vector.EqualsAll(allFinite, Vector<int>.AllBitsSet);
        }

        for (; i < cells; i++)
        {
            float max = scores[i];
            finite &= float.IsFinite(max);
            int arg = 0;
            for (int c = 1; c < classes; c++)
            {
                float v = scores[c * cells + i];
                finite &= float.IsFinite(v);
                if (v > max)
                {
                    (max, arg) = (v, c);
                }
            }

            (best[i], bestClass[i]) = (max, arg);
        }

        return finite;
    }
}
