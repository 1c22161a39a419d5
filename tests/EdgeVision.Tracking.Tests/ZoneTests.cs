using Xunit;

namespace EdgeVision.Tracking.Tests;

/// <summary>Places worked out by hand, and who comes and goes.</summary>
public sealed class ZoneTests
{
    [Theory]
    [InlineData(5, 5, true)]
    [InlineData(15, 5, false)]
    [InlineData(-1, 5, false)]
    [InlineData(5, 8.5f, false)] // in the notch from below
    [InlineData(1, 9, true)] // beside the notch
    [InlineData(float.NaN, 5, false)]
    [InlineData(float.PositiveInfinity, 5, false)]
    public void A_point_lies_inside_by_the_even_odd_rule(float x, float y, bool inside)
    {
        (float, float)[] corners = [(0, 0), (10, 0), (10, 10), (5, 6), (0, 10)];
        Assert.Equal(inside, new Zone(corners).Contains(x, y));
        Assert.Equal(inside, new Zone([.. corners.Reverse()]).Contains(x, y));
    }

    [Fact]
    public void A_shared_border_belongs_to_one_zone()
    {
        Zone left = new([(0, 0), (10, 0), (10, 10), (0, 10)]), right = new([(10, 0), (20, 0), (20, 10), (10, 10)]);
        for (int y = 0; y < 10; y++)
        {
            Assert.True(left.Contains(10, y) ^ right.Contains(10, y));
        }
    }

    [Fact]
    public void Who_comes_stays_and_leaves_is_counted()
    {
        var zone = new Zone([(0, 0), (100, 0), (100, 100), (0, 100)], gracePeriod: TimeSpan.FromSeconds(1));
        zone.Update(People((1, 50, 50), (2, 150, 50), (0, 10, 10)), TimeSpan.FromSeconds(0));
        Assert.Equal((2, 1, 1), (zone.DetectionsInside, zone.TracksInside, zone.TotalEntered));
        Assert.Equal([1], zone.Entered);
        zone.Update(People((1, 60, 50), (2, 90, 50)), TimeSpan.FromSeconds(1));
        Assert.Equal([2], zone.Entered);
        Assert.Equal(1, zone.GetDwellTime(1).TotalSeconds);
        // Unseen for a moment is not gone.
        zone.Update(People((2, 90, 50)), TimeSpan.FromSeconds(2));
        Assert.Equal((1, 2), (zone.DetectionsInside, zone.TracksInside));
        zone.Update(People((1, 70, 50), (2, 190, 50)), TimeSpan.FromSeconds(2.5));
        Assert.Empty(zone.Entered);
        Assert.Equal(2.5, zone.GetDwellTime(1).TotalSeconds);
        zone.Update(People((1, 70, 50), (2, 190, 50)), TimeSpan.FromSeconds(3.5));
        Assert.Equal([2], zone.Exited);
        Assert.Equal((1, 2, 1), (zone.TracksInside, zone.TotalEntered, zone.TotalExited));
        Assert.Equal(TimeSpan.Zero, zone.GetDwellTime(2));
        zone.Reset();
        Assert.Equal((0, 0, 0), (zone.TracksInside, zone.TotalEntered, zone.TotalExited));
    }

    [Theory]
    [InlineData(BoxAnchor.BottomCenter, false)]
    [InlineData(BoxAnchor.Center, true)]
    [InlineData(BoxAnchor.TopCenter, false)]
    public void The_anchor_decides(BoxAnchor anchor, bool inside)
    {
        var detections = new Detections();
        detections.Add(new Box(0, 0, 10, 40), 0.9f, 0);
        var zone = new Zone([(0, 15), (10, 15), (10, 25), (0, 25)], anchor);
        zone.Update(detections, TimeSpan.Zero);
        Assert.Equal(inside ? 1 : 0, zone.DetectionsInside);
    }

    [Fact]
    public void A_polygon_needs_three_corners_that_are_numbers()
    {
        Assert.Throws<ArgumentException>(() => new Zone([(0, 0), (1, 1)]));
        Assert.Throws<ArgumentException>(() => new Zone([(0, 0), (1, 1), (float.NaN, 0)]));
    }

    /// <summary>Boxes whose lower edge's middle is at the place given; id 0 is on no track.</summary>
    internal static Detections People(params (int Id, float X, float Y)[] people)
    {
        var detections = new Detections();
        detections.ClearTracks();
        foreach (var (id, x, y) in people)
        {
            int i = detections.Add(new Box(x - 10, y - 40, x + 10, y), 0.9f, 0);
            detections.SetTrackId(i, id);
        }

        return detections;
    }
}
