using EdgeVision.Decoding.Text;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>Outlines against a flood fill of each group, pixel by pixel.</summary>
public sealed class BinaryRegionsTests
{
    [Theory]
    [InlineData(1, 1, 0.5)]
    [InlineData(7, 1, 0.5)] // one row
    [InlineData(1, 9, 0.5)] // one column
    [InlineData(8, 8, 0.5)]
    [InlineData(31, 17, 0.3)] // many specks
    [InlineData(33, 40, 0.6)] // one group with many holes
    [InlineData(64, 48, 0.45)] // around where groups grow together
    [InlineData(64, 48, 0.9)]
    [InlineData(20, 20, 1)]
    [InlineData(20, 20, 0)]
    public void Outlines_are_those_of_a_flood_fill(int width, int height, double share)
    {
        var regions = new ContourFinder(); // its memory is used again for each map
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            float[] map = [.. Enumerable.Range(0, width * height).Select(_ => random.NextDouble() < share ? 0.6f : 0.5f)];
            var expected = Flood(map, width, height, 0.5f);
            int count = regions.Find(map, width, height, 0.5f);
            Assert.Equal(expected.Count, count);
            for (int i = 0; i < count; i++)
            {
                Assert.Equal(expected[count - 1 - i], Rows(regions[i])); // the lowest first
            }
        }
    }

    [Fact]
    public void Ink_meets_at_corners_and_holes_do_not()
    {
        // A ring closed at corners alone: one group, and its two holes touch each other at a corner alone.
        string[] drawn =
        [
            "..#...",
            ".#.#..",
            "..#.#.",
            "...#..",
        ];
        var regions = new ContourFinder();
        Assert.Equal(3, regions.Find([.. string.Concat(drawn).Select(c => c == '#' ? 1f : 0f)], 6, 4, 0.5f));
        Assert.Equal([(1, 3, 3), (2, 2, 4), (3, 3, 3)], Rows(regions[0])); // the pixels beside the lower hole
        Assert.Equal([(0, 2, 2), (1, 1, 3), (2, 2, 2)], Rows(regions[1]));
        Assert.Equal([(0, 2, 2), (1, 1, 3), (2, 2, 4), (3, 3, 3)], Rows(regions[2]));
    }

    private static (int Row, int From, int To)[] Rows(ContourFinder.Contour outline)
    {
        var rows = new (int, int, int)[outline.Left.Length];
        for (int r = 0; r < rows.Length; r++)
        {
            rows[r] = (outline.Top + r, outline.Left[r], outline.Right[r]);
        }

        return rows;
    }

    // Each group of ink (8 neighbours) and each group of the rest (4 neighbours) that does not reach the edge, in the order of their first pixels.
    private static List<(int Row, int From, int To)[]> Flood(float[] map, int width, int height, float threshold)
    {
        var seen = new bool[map.Length];
        var found = new List<(int, int, int)[]>();
        for (int start = 0; start < map.Length; start++)
        {
            if (seen[start])
            {
                continue;
            }

            bool ink = map[start] > threshold, edge = false;
            var group = new List<(int X, int Y)>();
            var open = new Stack<int>([start]);
            seen[start] = true;
            while (open.TryPop(out int at))
            {
                int x = at % width, y = at / width;
                group.Add((x, y));
                edge |= x == 0 || y == 0 || x == width - 1 || y == height - 1;
                for (int dy = -1; dy <= 1; dy++)
                {
                    for (int dx = -1; dx <= 1; dx++)
                    {
                        int nx = x + dx, ny = y + dy;
                        if ((ink || dx == 0 || dy == 0) && nx >= 0 && ny >= 0 && nx < width && ny < height && !seen[ny * width + nx] && map[ny * width + nx] > threshold == ink)
                        {
                            seen[ny * width + nx] = true;
                            open.Push(ny * width + nx);
                        }
                    }
                }
            }

            if (!ink && edge)
            {
                continue;
            }

            var pixels = ink ? group : [.. group.SelectMany(p => ((int, int)[])[(p.X - 1, p.Y), (p.X + 1, p.Y), (p.X, p.Y - 1), (p.X, p.Y + 1)]).Concat(group)];
            found.Add([.. pixels.GroupBy(p => p.Item2).OrderBy(g => g.Key).Select(g => (g.Key, g.Min(p => p.Item1), g.Max(p => p.Item1)))]);
        }

        return found;
    }
}
