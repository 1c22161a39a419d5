using EdgeVision.Pipeline.Rules;
using Xunit;
using static EdgeVision.Pipeline.Tests.Rules.RuleScene;

namespace EdgeVision.Pipeline.Tests.Rules;

/// <summary>Crossings by direction.</summary>
public sealed class LineRuleTests
{
    // From top to bottom: who walks to the right of the picture comes to the left of the line.
    private static readonly LineRuleOptions Middle = new() { Start = (50, 0), End = (50, 100), ToRightName = "west", ToLeftName = "east" };

    [Fact]
    public void Each_direction_has_its_name_and_its_count()
    {
        var rule = new LineRule("door", Middle);
        Assert.Empty(rule.Over(At(0, (1, 0, 40, 50), (2, 1, 60, 50))));
        Assert.Equal(["crossed 2 car west", "crossed 1 person east"], rule.Over(At(1, (1, 0, 60, 50), (2, 1, 40, 50))));
        Assert.Equal(1, rule.Count(At(2, (1, 0, 60, 50), (2, 1, 60, 50)), "west"));
        Assert.Equal(2, rule.Count(At(3, (1, 0, 60, 50), (2, 1, 60, 50)), "east"));
    }

    [Fact]
    public void Only_the_labels_asked_for_count()
    {
        var rule = new LineRule("door", Middle with { Labels = ["car"] });
        rule.Over(At(0, (1, 0, 40, 50)));
        Assert.Empty(rule.Over(At(1, (1, 0, 60, 50))));
    }

    [Fact]
    public void Shares_follow_the_size_of_the_frame()
    {
        var rule = new LineRule("door", Middle with { Start = (0.5f, 0), End = (0.5f, 1), Unit = PointUnit.Relative });
        rule.Over(At(0, true, 200, (1, 0, 90, 50)));
        Assert.Equal([(100, 0), (100, 200)], rule.Outline);
        Assert.Equal(["crossed 1 person east"], rule.Over(At(1, true, 200, (1, 0, 110, 50))));
        Assert.False(rule.IsPolygon);
    }

    [Fact]
    public void A_source_that_came_back_goes_on_counting_and_joins_no_ways()
    {
        var rule = new LineRule("door", Middle);
        rule.Over(At(0, (1, 0, 40, 50)));
        rule.Over(At(1, (1, 0, 60, 50)));
        rule.Reset();
        // Track 1 is somebody else now: where the old one stood says nothing of it.
        Assert.Empty(rule.Over(At(2, (1, 0, 40, 50))));
        Assert.Equal(2, rule.Count(At(3, (1, 0, 60, 50)), "east"));
    }

    public static TheoryData<string, LineRuleOptions> Impossible => new()
    {
        { "end points of a line must differ", Middle with { End = Middle.Start } },
        { "different names", Middle with { ToRightName = "in", ToLeftName = "in" } },
        { "margin", Middle with { Margin = -1 } },
        { "finite numbers", Middle with { End = (float.NaN, 0) } },
        { "between 0 and 1", Middle with { Unit = PointUnit.Relative } },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void What_is_impossible_is_refused(string message, LineRuleOptions options) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => new LineRule("x", options)).Message);
}
