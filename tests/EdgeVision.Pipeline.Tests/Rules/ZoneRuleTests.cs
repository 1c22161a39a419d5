using EdgeVision.Pipeline.Rules;
using EdgeVision.Tracking;
using Xunit;
using static EdgeVision.Pipeline.Tests.Rules.RuleScene;

namespace EdgeVision.Pipeline.Tests.Rules;

/// <summary>Who comes into a zone, stays and leaves.</summary>
public sealed class ZoneRuleTests
{
    private static readonly (float, float)[] LeftHalf = [(0, 0), (50, 0), (50, 100), (0, 100)];

    [Fact]
    public void Coming_staying_and_leaving_are_events()
    {
        var rule = new ZoneRule("hall", new ZoneRuleOptions { Corners = LeftHalf, Dwell = TimeSpan.FromSeconds(2), ExitDelay = TimeSpan.FromSeconds(1) });
        Assert.Equal(["entered 1 person"], rule.Over(At(0, (1, 0, 10, 50), (2, 0, 80, 50))));
        Assert.Empty(rule.Over(At(1, (1, 0, 12, 50), (2, 0, 80, 50))));
        Assert.Equal(["entered 2 person", "dwell 1 person 2"], rule.Over(At(2, (1, 0, 14, 50), (2, 0, 40, 50))));
        Assert.Empty(rule.Over(At(3, (1, 0, 14, 50), (2, 0, 40, 50)))); // a stay dwells once
        Assert.Equal(["dwell 2 person 2"], rule.Over(At(4, (1, 0, 90, 50), (2, 0, 40, 50))));
        Assert.Equal(["left 1 person 3"], rule.Over(At(4.5, (2, 0, 40, 50))));
        using var last = At(4.6, (2, 0, 40, 50));
        rule.Update(last);
        Assert.Equal([("inside", 1.0), ("entered", 2.0), ("left", 1.0)], last.Counts.Select(c => (c.Name, c.Value)));
    }

    [Fact]
    public void Only_the_labels_asked_for_count()
    {
        var rule = new ZoneRule("cars", new ZoneRuleOptions { Corners = LeftHalf, Labels = ["Car"] });
        Assert.Equal(["entered 2 car"], rule.Over(At(0, (1, 0, 10, 50), (2, 1, 20, 50))));
        Assert.Equal(1, rule.Count(At(0.1, (1, 0, 10, 50), (2, 1, 20, 50)), "inside"));
    }

    [Fact]
    public void Without_a_tracker_it_still_says_how_many_are_inside()
    {
        var rule = new ZoneRule("hall", new ZoneRuleOptions { Corners = LeftHalf });
        Assert.Equal(2, rule.Count(At(0, false, 100, (0, 0, 10, 50), (0, 0, 20, 50), (0, 0, 70, 50)), "inside"));
        Assert.Equal(0, rule.Count(At(0.1, false, 100, (0, 0, 10, 50)), "entered"));
    }

    [Theory]
    [InlineData(100, 40, true)]
    [InlineData(200, 40, true)]
    [InlineData(200, 90, true)] // beyond 50 pixels, within half of 200
    [InlineData(200, 110, false)]
    public void Shares_follow_the_size_of_the_frame(int side, float x, bool inside)
    {
        var rule = new ZoneRule("half", new ZoneRuleOptions { Corners = [(0, 0), (0.5f, 0), (0.5f, 1), (0, 1)], Unit = PointUnit.Relative });
        Assert.Empty(rule.Outline); // nobody knows yet
        Assert.Equal(inside ? 1 : 0, rule.Count(At(0, true, side, (1, 0, x, 50)), "inside"));
        Assert.Equal((side / 2f, 0), rule.Outline[1]);
    }

    [Fact]
    public void A_source_that_came_back_goes_on_counting()
    {
        var rule = new ZoneRule("hall", new ZoneRuleOptions { Corners = LeftHalf });
        rule.Over(At(0, (1, 0, 10, 50)));
        rule.Reset();
        Assert.Equal(["entered 1 person"], rule.Over(At(0, (1, 0, 10, 50)))); // ids begin anew: another one
        Assert.Equal(2, rule.Count(At(0.1, (1, 0, 10, 50)), "entered"));
    }

    [Fact]
    public void The_anchor_decides()
    {
        var rule = new ZoneRule("top", new ZoneRuleOptions { Corners = [(0, 0), (100, 0), (100, 45), (0, 45)], Anchor = BoxAnchor.TopCenter });
        Assert.Equal(1, rule.Count(At(0, (1, 0, 50, 50)), "inside")); // its top is at 40
    }

    [Theory]
    [InlineData("at least 3 corners", 0f, 0f, 1f, 1f)]
    [InlineData("finite numbers", 0f, 0f, 1f, 1f, float.NaN, 0f)]
    public void Impossible_corners_are_refused(string message, params float[] numbers) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => new ZoneRule("x", new ZoneRuleOptions { Corners = [.. numbers.Chunk(2).Select(p => (p[0], p[1]))] })).Message);

    [Fact]
    public void A_share_beyond_the_frame_is_refused() => // pixels that were meant as shares
        Assert.Contains("between 0 and 1", Assert.Throws<ArgumentException>(() => new ZoneRule("x", new ZoneRuleOptions { Corners = LeftHalf, Unit = PointUnit.Relative })).Message);
}
