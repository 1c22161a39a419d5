namespace EdgeVision.Retrieval.Tests;

/// <summary>Rows of every kind that may be hard to bound or to tell apart.</summary>
internal static class EmbeddingCases
{
    public static readonly string[] Kinds = ["plain", "equal", "near duplicates", "clusters", "ascending", "one large component", "huge", "tiny", "denormal", "mixed magnitudes", "zeros among others", "few values", "opposite"];

    /// <summary>Row <paramref name="i"/> of a kind.</summary>
    public static float[] Row(Random random, string kind, int dimension, int i)
    {
        float Plain() => (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
        float Center(int component, int cluster) => MathF.Sin(component * 12.9898f + cluster * 78.233f);
        float[] row = new float[dimension];
        for (int c = 0; c < dimension; c++)
        {
            row[c] = kind switch
            {
                "plain" => Plain(),
                "equal" => Center(c, 0),
                "near duplicates" => Center(c, 0) + 1e-6f * Plain(),
                "clusters" => Center(c, i % 5) + .05f * Plain(),
                "ascending" => Center(c, 0) + Plain() * 1000 / (1 + i),
                "one large component" => c == i % dimension ? 1000 : Plain() * 1e-3f,
                "huge" => Plain() * 6e14f,
                "tiny" => Plain() * 1e-14f,
                "denormal" => Plain() * 1e-42f,
                "mixed magnitudes" => Plain() * MathF.Pow(10, random.Next(-25, 15)),
                "zeros among others" => i % 3 == 0 ? 0 : Plain(),
                "few values" => random.Next(-1, 2),
                "opposite" => (i % 2 * 2 - 1) * Center(c, 0),
                _ => throw new ArgumentException(kind),
            };
        }

        return row;
    }
}
