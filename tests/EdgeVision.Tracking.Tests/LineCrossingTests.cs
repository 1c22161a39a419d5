using Xunit;

namespace EdgeVision.Tracking.Tests;

/// <summary>Ways across a line that goes down the picture at x = 100, from y = 0 to y = 200: right of it, seen along it, is the picture's left.</summary>
public sealed class LineCrossingTests
{
    [Theory]
    [InlineData(new float[] { 80, 90, 110, 120 }, 0, 1)] // across to the picture's right is to the line's left
    [InlineData(new float[] { 120, 110, 90, 80 }, 1, 0)]
    [InlineData(new float[] { 80, 99, 101, 99, 101, 99 }, 0, 0)] // trembles on the line
    [InlineData(new float[] { 80, 101, 99, 101, 120 }, 0, 1)] // trembles, then goes
    [InlineData(new float[] { 80, 101, 80 }, 0, 0)] // turns round on the line
    [InlineData(new float[] { 80, 120, 80, 120 }, 1, 2)] // to and fro
    [InlineData(new float[] { 100, 120 }, 0, 0)] // came from no side
    [InlineData(new float[] { 80, float.NaN, 120 }, 0, 1)]
    [InlineData(new float[] { 80 }, 0, 0)]
    public void Counts_by_direction(float[] places, int toRight, int toLeft)
    {
        var line = new LineCrossing((100, 0), (100, 200));
        int right = 0, left = 0;
        foreach (float x in places)
        {
            line.Update(ZoneTests.People((1, x, 100)));
            right += line.ToRight.Count;
            left += line.ToLeft.Count;
        }

        Assert.Equal((toRight, toLeft), (line.TotalToRight, line.TotalToLeft));
        Assert.Equal((toRight, toLeft), (right, left));
    }

    [Theory]
    [InlineData(100, 1)]
    [InlineData(0, 1)] // at the end
    [InlineData(250, 0)] // round the end
    public void The_way_leads_between_the_ends(float y, int crossings)
    {
        var line = new LineCrossing((100, 0), (100, 200));
        line.Update(ZoneTests.People((1, 80, y)));
        line.Update(ZoneTests.People((1, 120, y)));
        Assert.Equal(crossings, line.TotalToLeft);
    }

    [Fact]
    public void Tracks_are_counted_apart_and_without_a_track_nothing_is()
    {
        var line = new LineCrossing((100, 0), (100, 200));
        line.Update(ZoneTests.People((1, 80, 50), (2, 120, 50), (0, 80, 90)));
        line.Update(ZoneTests.People((1, 120, 50), (2, 80, 50), (0, 120, 90)));
        Assert.Equal([2], line.ToRight);
        Assert.Equal([1], line.ToLeft);
    }

    [Fact]
    public void A_track_unseen_for_long_forgets_its_side()
    {
        var line = new LineCrossing((100, 0), (100, 200), keepFrames: 3);
        foreach (int unseen in (int[])[3, 4])
        {
            line.Reset();
            line.Update(ZoneTests.People((1, 80, 50)));
            for (int i = 0; i < unseen; i++)
            {
                line.Update(ZoneTests.People());
            }

            line.Update(ZoneTests.People((1, 120, 50)));
            Assert.Equal(unseen == 3 ? 1 : 0, line.TotalToLeft);
        }
    }

    [Fact]
    public void A_line_needs_length()
    {
        Assert.Throws<ArgumentException>(() => new LineCrossing((1, 1), (1, 1)));
        Assert.Throws<ArgumentException>(() => new LineCrossing((1, 1), (float.NaN, 1)));
        Assert.Throws<ArgumentException>(() => new LineCrossing((1, 1), (2, 1), margin: -1));
    }
}
