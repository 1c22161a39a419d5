using EdgeVision.Decoding.Common;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>The best class of each cell against a plain loop, where few scores pass and where many do.</summary>
public sealed class ClassScanTests
{
    [Theory]
    [InlineData(1, 1, 0.5f)]
    [InlineData(3, 7, 0.5f)]
    [InlineData(80, 100, 0.98f)] // few pass
    [InlineData(80, 1000, 0.98f)]
    [InlineData(80, 1000, 0.001f)] // all pass
    [InlineData(2, 4099, 0.7f)]
    [InlineData(80, 515, 0.9f)]
    [InlineData(4, 128, 0.9f)] // whole steps
    [InlineData(4, 129, 0.9f)] // and a cell behind them
    [InlineData(4, 300, 0f)]
    [InlineData(4, 300, -0.5f)] // below zero bits have another order
    public void Equals_a_plain_loop(int classes, int cells, float threshold)
    {
        var random = new Random(classes + cells);
        float[] scores = new float[classes * cells];
        for (int round = 0; round < 6; round++)
        {
            for (int i = 0; i < scores.Length; i++)
            {
                // In every second round few distinct values, so that classes tie and scores stand at the threshold.
                scores[i] = round % 2 == 0 ? random.NextSingle() : random.Next(5) switch { 0 => threshold, 1 => 1f, _ => 0.25f * threshold };
            }

            float[] best = new float[cells], other = new float[cells];
            int[] bestClass = new int[cells], otherClass = new int[cells];
            Assert.True(ClassArgMax.FindAbove(scores, classes, cells, threshold, best, bestClass));
            Assert.True(ClassArgMax.Find(scores, classes, cells, other, otherClass));
            for (int i = 0; i < cells; i++)
            {
                int arg = 0;
                for (int c = 1; c < classes; c++)
                {
                    arg = scores[c * cells + i] > scores[arg * cells + i] ? c : arg;
                }

                float max = scores[arg * cells + i];
                Assert.Equal((max, arg), (other[i], otherClass[i]));
                Assert.Equal(max > threshold, best[i] > threshold);
                if (max > threshold)
                {
                    Assert.Equal((max, arg), (best[i], bestClass[i]));
                }
            }
        }
    }

    [Theory]
    [InlineData(0x7FC0_0000u)] // NaN
    [InlineData(0xFFC0_0000u)] // NaN with a sign, as .NET's own is
    [InlineData(0x7F80_0001u)] // the first and the last that are none
    [InlineData(0xFFFF_FFFFu)]
    [InlineData(0x7F80_0000u)] // infinity
    [InlineData(0xFF80_0000u)]
    public void What_is_no_number_is_found_wherever_it_is(uint bits)
    {
        float broken = BitConverter.UInt32BitsToSingle(bits);
        const int Classes = 6, Cells = 277;
        foreach (float others in (float[])[0f, 0.9f]) // few scores pass, and all
        {
            for (int at = 0; at < Classes * Cells; at += 5)
            {
                float[] scores = new float[Classes * Cells], best = new float[Cells];
                scores.AsSpan().Fill(others);
                Assert.True(ClassArgMax.FindAbove(scores, Classes, Cells, 0.5f, best, new int[Cells]));
                scores[at] = broken;
                Assert.False(ClassArgMax.FindAbove(scores, Classes, Cells, 0.5f, best, new int[Cells]));
                Assert.False(ClassArgMax.Find(scores, Classes, Cells, best, new int[Cells]));
            }
        }
    }

    [Theory]
    [InlineData(64)]
    [InlineData(130)]
    [InlineData(1027)]
    public void Reads_nothing_behind_the_scores_and_takes_negative_ones(int cells)
    {
        const int Classes = 5;
        using var memory = GuardedBuffer.Random(Classes * cells * sizeof(float), cells);
        var scores = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(memory.Span);
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] = i % 89 == 0 ? 0.75f : -(i % 13) * 1e30f;
        }

        float[] best = new float[cells];
        int[] bestClass = new int[cells];
        Assert.True(ClassArgMax.FindAbove(scores, Classes, cells, 0.5f, best, bestClass));
        for (int i = 0; i < cells; i++)
        {
            int passing = Enumerable.Range(0, Classes).FirstOrDefault(c => (c * cells + i) % 89 == 0, -1);
            Assert.Equal(passing >= 0, best[i] > 0.5f);
            Assert.True(passing < 0 || bestClass[i] == passing);
        }
    }
}
