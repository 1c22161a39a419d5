using System.Numerics;

namespace EdgeVision;

/// <summary>The best class of each cell where scores lie class by class.</summary>
internal static class ClassScan
{
    /// <summary>
    /// The same for cells whose best class scores above <paramref name="threshold"/>; <paramref name="best"/> of the others is the threshold. Reads
    /// row by row, once, in the order of memory: where few scores pass, as with a trained detector, that is all it does.
    /// </summary>
    public static bool Above(ReadOnlySpan<float> scores, int classes, int cells, float threshold, Span<float> best, Span<int> bestClass)
    {
        best = best[..cells];
        best.Fill(threshold);
        int width = Vector<float>.Count, step = 4 * width;
        // Where many pass, going down the classes of a cell costs less than each one's own comparison.
        int budget = classes * (cells / step) / 8;
        var limit = new Vector<float>(threshold);
        var broken = Vector<float>.Zero;
        bool finite = true;
        for (int c = 0; c < classes; c++)
        {
            var row = scores.Slice(c * cells, cells);
            int i = 0;
            if (Vector.IsHardwareAccelerated)
            {
                for (; i <= cells - step; i += step)
                {
                    var four = row.Slice(i, step);
                    var v0 = new Vector<float>(four);
                    var v1 = new Vector<float>(four[width..]);
                    var v2 = new Vector<float>(four[(2 * width)..]);
                    var v3 = new Vector<float>(four[(3 * width)..]);
                    broken += (v0 * 0f + v1 * 0f) + (v2 * 0f + v3 * 0f); // NaN and infinities give NaN, and it stays
                    if (Vector.GreaterThanAny(Vector.Max(Vector.Max(v0, v1), Vector.Max(v2, v3)), limit))
                    {
                        Take(four, i, c, best, bestClass);
                        if (--budget < 0)
                        {
                            return Run(scores, classes, cells, best, bestClass);
                        }
                    }
                }
            }

            Take(row[i..], i, c, best, bestClass);
            for (; i < cells; i++)
            {
                finite &= float.IsFinite(row[i]);
            }
        }

        return finite && Vector.EqualsAll(broken, broken);
    }

    private static void Take(ReadOnlySpan<float> scores, int first, int classId, Span<float> best, Span<int> bestClass)
    {
        for (int i = 0; i < scores.Length; i++)
        {
            if (scores[i] > best[first + i])
            {
                (best[first + i], bestClass[first + i]) = (scores[i], classId);
            }
        }
    }

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
