using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeVision.Decoding.Common;

/// <summary>Finds the best class of each cell where scores are stored class by class.</summary>
internal static class ClassArgMax
{
    // Bits of both infinities; NaN has bits above them.
    private const int Infinity = 0x7F80_0000;
    private const uint NegativeInfinity = 0xFF80_0000;

    /// <summary>Writes the best class of cells whose best score is above <paramref name="threshold"/>.</summary>
    /// <remarks>
    /// For the other cells, <paramref name="best"/> is at most the threshold. Reads each row once, in memory order; where few scores pass,
    /// as with a trained detector, nothing else is done.
    /// </remarks>
    /// <returns>False if a score is NaN or infinite.</returns>
    public static bool FindAbove(ReadOnlySpan<float> scores, int classes, int cells, float threshold, Span<float> best, Span<int> bestClass)
    {
        best = best[..cells];
        best.Fill(threshold);
        int width = Vector<float>.Count, step = 8 * width;
        // Where many scores pass, selecting them costs more than processing all; this is still done row by row, the fastest order to read
        // memory.
        int budget = classes * (cells / step) / 8;
        if (!(threshold >= 0) || !Vector.IsHardwareAccelerated || cells < step)
        {
            return Find(scores, classes, cells, best, bestClass);
        }

        // As signed integers, the bits of non-negative floats have the order of the floats, with infinity and NaN above them and all
        // negative numbers below; as unsigned integers, -infinity and NaN with the sign bit come last. So one maximum of each kind tells
        // whether any score passes and whether all scores are finite.
        var limit = new Vector<int>(BitConverter.SingleToInt32Bits(threshold));
        var passed = Vector<int>.Zero;
        var unsigned = Vector<uint>.Zero;
        int c = 0;
        for (; c < classes && budget >= 0; c++)
        {
            var row = scores.Slice(c * cells, cells);
            for (int i = 0; ; i += step)
            {
                // The last step is moved back so that it ends with the row; reading some cells twice changes nothing.
                i = Math.Min(i, cells - step);
                var eight = MemoryMarshal.Cast<float, int>(row.Slice(i, step));
                var v0 = new Vector<int>(eight);
                var v1 = new Vector<int>(eight[width..]);
                var v2 = new Vector<int>(eight[(2 * width)..]);
                var v3 = new Vector<int>(eight[(3 * width)..]);
                var v4 = new Vector<int>(eight[(4 * width)..]);
                var v5 = new Vector<int>(eight[(5 * width)..]);
                var v6 = new Vector<int>(eight[(6 * width)..]);
                var v7 = new Vector<int>(eight[(7 * width)..]);
                unsigned = Vector.Max(
                    unsigned,
                    Vector.Max(
                        Max(v0.As<int, uint>(), v1.As<int, uint>(), v2.As<int, uint>(), v3.As<int, uint>()),
                        Max(v4.As<int, uint>(), v5.As<int, uint>(), v6.As<int, uint>(), v7.As<int, uint>())));
                var most = Vector.Max(Max(v0, v1, v2, v3), Max(v4, v5, v6, v7));
                if (Vector.GreaterThanAny(most, limit))
                {
                    passed = Vector.Max(passed, most);
                    UpdateBest(row.Slice(i, step), i, c, best, bestClass);
                    budget--;
                }

                if (i == cells - step)
                {
                    break;
                }
            }
        }

        if (c < classes)
        {
            FindRemaining(scores, c, classes, cells, MemoryMarshal.Cast<float, int>(best), bestClass, ref passed, ref unsigned);
        }

        return Vector.LessThanAll(passed, new Vector<int>(Infinity)) && Vector.LessThanAll(unsigned, new Vector<uint>(NegativeInfinity));
    }

    // Four classes at a time are compared with each other before the winner is compared with the best so far, as integers: a NaN wins and
    // stays, and is detected at the end.
    private static void FindRemaining(
        ReadOnlySpan<float> scores,
        int from,
        int classes,
        int cells,
        Span<int> best,
        Span<int> bestClass,
        ref Vector<int> passed,
        ref Vector<uint> unsigned)
    {
        int width = Vector<int>.Count;
        for (; from < classes; from += 4)
        {
            // Missing classes of the last group of four are replaced by the last class, which never exceeds itself.
            ref readonly int r0 = ref Row(scores, from, cells), r1 = ref Row(scores, Math.Min(from + 1, classes - 1), cells);
            ref readonly int r2 = ref Row(scores, Math.Min(from + 2, classes - 1), cells),
                r3 = ref Row(scores, Math.Min(from + 3, classes - 1), cells);
            Vector<int> id0 = new(from), id1 = new(from + 1), id2 = new(from + 2), id3 = new(from + 3);
            var bits = unsigned;
            for (int i = 0; ; i += width)
            {
                i = Math.Min(i, cells - width);
                var v0 = Vector.LoadUnsafe(in r0, (nuint)i);
                var v1 = Vector.LoadUnsafe(in r1, (nuint)i);
                var v2 = Vector.LoadUnsafe(in r2, (nuint)i);
                var v3 = Vector.LoadUnsafe(in r3, (nuint)i);
                bits = Vector.Max(bits, Max(v0.As<int, uint>(), v1.As<int, uint>(), v2.As<int, uint>(), v3.As<int, uint>()));
                var (max, arg) = (Vector.Max(v0, v1), Vector.ConditionalSelect(Vector.GreaterThan(v1, v0), id1, id0));
                var (max23, arg23) = (Vector.Max(v2, v3), Vector.ConditionalSelect(Vector.GreaterThan(v3, v2), id3, id2));
                arg = Vector.ConditionalSelect(Vector.GreaterThan(max23, max), arg23, arg);
                max = Vector.Max(max, max23);
                var was = Vector.LoadUnsafe(ref MemoryMarshal.GetReference(best), (nuint)i);
                Vector.ConditionalSelect(
                        Vector.GreaterThan(max, was),
                        arg,
                        Vector.LoadUnsafe(ref MemoryMarshal.GetReference(bestClass), (nuint)i))
                    .StoreUnsafe(ref MemoryMarshal.GetReference(bestClass), (nuint)i);
                Vector.Max(max, was).StoreUnsafe(ref MemoryMarshal.GetReference(best), (nuint)i);
                if (i == cells - width)
                {
                    break;
                }
            }

            unsigned = bits;
        }

        for (int i = 0; ; i += width)
        {
            i = Math.Min(i, cells - width);
            passed = Vector.Max(passed, Vector.LoadUnsafe(ref MemoryMarshal.GetReference(best), (nuint)i));
            if (i == cells - width)
            {
                break;
            }
        }

        static ref readonly int Row(ReadOnlySpan<float> scores, int row, int cells) =>
            ref MemoryMarshal.GetReference(MemoryMarshal.Cast<float, int>(scores.Slice(row * cells, cells)));
    }

    private static Vector<T> Max<T>(Vector<T> a, Vector<T> b, Vector<T> c, Vector<T> d) => Vector.Max(Vector.Max(a, b), Vector.Max(c, d));

    // Updates the best class of whole vectors of cells.
    private static void UpdateBest(ReadOnlySpan<float> scores, int first, int classId, Span<float> best, Span<int> bestClass)
    {
        best = best.Slice(first, scores.Length);
        bestClass = bestClass.Slice(first, scores.Length);
        for (int i = 0; i < scores.Length; i += Vector<float>.Count)
        {
            var (max, arg) = (new Vector<float>(best[i..]), new Vector<int>(bestClass[i..]));
            SelectGreater(new Vector<float>(scores[i..]), new Vector<int>(classId), ref max, ref arg);
            max.CopyTo(best[i..]);
            arg.CopyTo(bestClass[i..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SelectGreater(Vector<float> v, Vector<int> classId, ref Vector<float> max, ref Vector<int> arg)
    {
        var greater = Vector.GreaterThan(v, max);
        max = Vector.ConditionalSelect(greater, v, max);
        arg = Vector.ConditionalSelect(greater, classId, arg);
    }

    /// <summary>Writes the maximum of the <paramref name="classes"/> scores of each cell and its class, the lower class at ties.</summary>
    /// <remarks>Scores: [classes, cells].</remarks>
    /// <returns>False if a score is NaN or infinite.</returns>
    public static bool Find(ReadOnlySpan<float> scores, int classes, int cells, Span<float> best, Span<int> bestClass)
    {
        bool finite = true;
        int width = Vector<float>.Count, step = 4 * width, i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            // Four vectors of cells per step: each class lies on another memory page, so a step should read enough bytes of it.
            var broken = Vector<float>.Zero;
            for (; i <= cells - step; i += step)
            {
                var first = scores.Slice(i, step);
                Vector<float> m0 = new(first), m1 = new(first[width..]), m2 = new(first[(2 * width)..]), m3 = new(first[(3 * width)..]);
                Vector<int> a0 = default, a1 = default, a2 = default, a3 = default;
                broken += (m0 * 0f + m1 * 0f) + (m2 * 0f + m3 * 0f); // NaN and infinities yield NaN, which persists
                for (int c = 1; c < classes; c++)
                {
                    var four = scores.Slice(c * cells + i, step);
                    Vector<float> v0 = new(four), v1 = new(four[width..]), v2 = new(four[(2 * width)..]), v3 = new(four[(3 * width)..]);
                    broken += (v0 * 0f + v1 * 0f) + (v2 * 0f + v3 * 0f);
                    var classId = new Vector<int>(c);
                    SelectGreater(v0, classId, ref m0, ref a0);
                    SelectGreater(v1, classId, ref m1, ref a1);
                    SelectGreater(v2, classId, ref m2, ref a2);
                    SelectGreater(v3, classId, ref m3, ref a3);
                }

                m0.CopyTo(best[i..]);
                m1.CopyTo(best[(i + width)..]);
                m2.CopyTo(best[(i + 2 * width)..]);
                m3.CopyTo(best[(i + 3 * width)..]);
                a0.CopyTo(bestClass[i..]);
                a1.CopyTo(bestClass[(i + width)..]);
                a2.CopyTo(bestClass[(i + 2 * width)..]);
                a3.CopyTo(bestClass[(i + 3 * width)..]);
            }

            finite = Vector.EqualsAll(broken, broken);
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
