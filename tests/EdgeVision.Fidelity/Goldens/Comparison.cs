using System.Globalization;
using System.Numerics;
using Xunit;

namespace EdgeVision.Fidelity.Goldens;

/// <summary>What one case compares: every comparison is a row of the table, and fails the test beyond its limit.</summary>
internal sealed class Comparison(string name)
{
    /// <summary>Absolute limit of floats; a relative one of <see cref="Relative"/> holds where it is wider.</summary>
    public const double Absolute = 1e-4;

    /// <summary>Relative limit of floats.</summary>
    public const double Relative = 1e-5;

    /// <summary>Limit of coordinates in pixels; <see cref="Relative"/> holds where it is wider.</summary>
    public const double Pixels = 1e-3;

    /// <summary>Whole numbers that are equal one by one.</summary>
    public void Integers<T>(string what, IEnumerable<T> expected, IEnumerable<T> found)
        where T : IBinaryInteger<T>
    {
        T[] e = [.. expected], f = [.. found];
        int differ = e.Length == f.Length ? e.Where((v, i) => v != f[i]).Count() : Math.Max(e.Length, f.Length);
        GoldenTable.Add(name, $"{what} [{e.Length}]", $"{differ} differ", "equal");
        Assert.Equal(e, f);
    }

    /// <summary>Numbers within 1e-4, or 1e-5 of themselves.</summary>
    public void Floats(string what, ReadOnlySpan<float> expected, ReadOnlySpan<float> found) => Numbers(what, Widen(expected), Widen(found), Absolute, Relative);

    /// <summary>Coordinates within 1e-3 pixels, or 1e-5 of themselves.</summary>
    public void Coordinates(string what, ReadOnlySpan<float> expected, ReadOnlySpan<float> found) => Numbers(what, Widen(expected), Widen(found), Pixels, Relative);

    /// <summary>Numbers within an absolute limit, or a relative one where that is wider; NaN where NaN is expected.</summary>
    public void Numbers(string what, double[] expected, double[] found, double absolute, double relative = 0)
    {
        double worst = 0;
        int beyond = -1;
        for (int i = 0; i < Math.Min(expected.Length, found.Length); i++)
        {
            if (expected[i].Equals(found[i])) // NaN and infinities too
            {
                continue;
            }

            double off = Math.Abs(expected[i] - found[i]);
            worst = double.IsNaN(off) ? double.PositiveInfinity : Math.Max(worst, off);
            if (!(off <= Math.Max(absolute, relative * Math.Abs(expected[i]))) && beyond < 0)
            {
                beyond = i;
            }
        }

        string limit = relative > 0 ? $"{Show(absolute)} or {Show(relative)} relative" : Show(absolute);
        GoldenTable.Add(name, $"{what} [{expected.Length}]", expected.Length == found.Length ? Show(worst) : $"{found.Length} found", limit);
        Assert.Equal(expected.Length, found.Length);
        Assert.True(beyond < 0, beyond < 0 ? "" : $"{name}, {what} [{beyond}]: {found[beyond]:R}, the reference has {expected[beyond]:R}; limit {limit}");
    }

    /// <summary>One number that is within its limit.</summary>
    public void Within(string what, double worst, double limit)
    {
        GoldenTable.Add(name, what, Show(worst), Show(limit));
        Assert.True(worst <= limit, $"{name}, {what}: {worst:R} is beyond {limit:R}");
    }

    /// <summary>
    /// The same boxes in the same order, with their classes; where scores differ by at most 1e-6 they may come in any, since the
    /// reference's last sort is not stable.
    /// </summary>
    public void Detections(ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> classes, Detections found)
    {
        Integers("count", [boxes.Length], [found.Count]);
        var places = new int[boxes.Length];
        var taken = new bool[boxes.Length];
        for (int i = 0; i < boxes.Length; i++)
        {
            int match = -1;
            for (int k = 0; k < boxes.Length && match < 0; k++)
            {
                bool near = !taken[k] && (k == i || MathF.Abs(found.Scores[k] - found.Scores[i]) <= 1e-6f);
                if (near && (classes.IsEmpty || found.ClassIds[k] == classes[i]) && Distance(boxes[i], found.Boxes[k]) <= Pixels)
                {
                    match = k;
                }
            }

            places[i] = match < 0 ? i : match; // a difference shows below
            taken[places[i]] = true;
        }

        float[] expected = new float[4 * boxes.Length], ours = new float[4 * boxes.Length], ourScores = new float[boxes.Length];
        int[] ourClasses = new int[boxes.Length];
        for (int i = 0; i < boxes.Length; i++)
        {
            Write(boxes[i], expected.AsSpan(4 * i));
            Write(found.Boxes[places[i]], ours.AsSpan(4 * i));
            (ourScores[i], ourClasses[i]) = (found.Scores[i], found.ClassIds[places[i]]);
        }

        if (!classes.IsEmpty)
        {
            Integers("labels", classes.ToArray(), ourClasses);
        }

        if (!scores.IsEmpty)
        {
            Floats("scores", scores, ourScores);
        }

        Coordinates("boxes, px", expected, ours);
    }

    public static double[] Widen(ReadOnlySpan<float> values)
    {
        var wide = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            wide[i] = values[i];
        }

        return wide;
    }

    public static string Show(double value) => value.ToString(value is 0 or >= 1 ? "0.####" : "0.0e0", CultureInfo.InvariantCulture);

    private static double Distance(in Box a, in Box b) => Math.Max(
        Math.Max(Math.Abs(a.X1 - b.X1), Math.Abs(a.Y1 - b.Y1)), Math.Max(Math.Abs(a.X2 - b.X2), Math.Abs(a.Y2 - b.Y2)));

    private static void Write(in Box box, Span<float> to) => (to[0], to[1], to[2], to[3]) = (box.X1, box.Y1, box.X2, box.Y2);
}
