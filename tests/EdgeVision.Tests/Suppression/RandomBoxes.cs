namespace EdgeVision.Tests.Suppression;

/// <summary>Boxes, scores and classes for comparisons with plain code: random, tied, alike, without area.</summary>
internal static class RandomBoxes
{
    public static IEnumerable<(string Kind, Box[] Boxes, float[] Scores, int[] Classes)> All()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            int count = seed < 4 ? seed : random.Next(5, 70);
            bool tied = seed % 3 == 1;
            yield return ($"seed {seed}", [.. Enumerable.Range(0, count).Select(_ => Of(random, tied))],
                [.. Enumerable.Range(0, count).Select(_ => tied ? random.Next(5) / 4f : random.NextSingle())], [.. Enumerable.Range(0, count).Select(_ => random.Next(3))]);
        }

        yield return ("all alike", [.. Enumerable.Repeat(new Box(3, 3, 9, 8), 12)], [.. Enumerable.Repeat(0.5f, 12)], [.. Enumerable.Range(0, 12).Select(i => i % 2)]);
        yield return ("without area", [.. Enumerable.Range(0, 12).Select(i => new Box(i / 4, 3, i / 4, 8))], [.. Enumerable.Range(0, 12).Select(i => i / 12f)], new int[12]);
        yield return ("far apart", [.. Enumerable.Range(0, 12).Select(i => new Box(i * 1e6f, 0, i * 1e6f + 10, 10))], [.. Enumerable.Range(0, 12).Select(i => i / 12f)], new int[12]);
    }

    private static Box Of(Random random, bool tied)
    {
        float x = random.NextSingle() * 60, y = random.NextSingle() * 60, w = random.NextSingle() * 30, h = random.NextSingle() * 30;
        return tied ? new Box(MathF.Round(x / 6) * 6, MathF.Round(y / 6) * 6, MathF.Round(x / 6) * 6 + 12, MathF.Round(y / 6) * 6 + 12) : new Box(x, y, x + w, y + h);
    }

    public static float Iou(Box a, Box b)
    {
        float w = Math.Max(Math.Min(a.X2, b.X2) - Math.Max(a.X1, b.X1), 0), h = Math.Max(Math.Min(a.Y2, b.Y2) - Math.Max(a.Y1, b.Y1), 0);
        return w * h / ((a.X2 - a.X1) * (a.Y2 - a.Y1) + (b.X2 - b.X1) * (b.Y2 - b.Y1) - w * h);
    }
}
