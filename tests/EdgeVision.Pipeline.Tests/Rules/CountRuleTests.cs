using EdgeVision.Pipeline.Rules;
using Xunit;
using static EdgeVision.Pipeline.Tests.Rules.RuleScene;

namespace EdgeVision.Pipeline.Tests.Rules;

/// <summary>How many there are, and when that is too many.</summary>
public sealed class CountRuleTests
{
    [Fact]
    public void Objects_are_counted_by_label_and_place()
    {
        var all = new CountRule("all", new CountRuleOptions());
        var cars = new CountRule("cars", new CountRuleOptions { Labels = ["car"], Corners = [(0, 0), (0.5f, 0), (0.5f, 1), (0, 1)], Unit = PointUnit.Relative });
        Assert.Equal(3, all.Count(At(0, false, 100, (0, 0, 10, 50), (0, 1, 20, 50), (0, 1, 80, 50)), "inside"));
        Assert.Equal(1, cars.Count(At(0, false, 100, (0, 0, 10, 50), (0, 1, 20, 50), (0, 1, 80, 50)), "inside"));
        Assert.Equal(4, cars.Outline.Count);
    }

    [Fact]
    public void A_limit_is_an_event_once_it_lasted_and_ends_below_the_release()
    {
        var rule = new CountRule("crowd", new CountRuleOptions { Limit = 3, Release = 1, HoldTime = TimeSpan.FromSeconds(1) });
        Assert.Empty(rule.Over(Crowd(0, 3)));
        Assert.Empty(rule.Over(Crowd(0.5, 2))); // a flicker: the second begins anew
        Assert.Empty(rule.Over(Crowd(1.2, 3)));
        Assert.Equal(["count 0 above 4"], rule.Over(Crowd(2.2, 4)));
        Assert.Empty(rule.Over(Crowd(3, 2))); // between release and limit
        Assert.Empty(rule.Over(Crowd(9, 3)));
        Assert.Empty(rule.Over(Crowd(10, 1)));
        Assert.Equal(["count 0 below 0"], rule.Over(Crowd(11, 0)));
    }

    [Fact]
    public void Without_a_time_the_limit_counts_at_once()
    {
        var rule = new CountRule("any", new CountRuleOptions { Limit = 1 });
        Assert.Equal(["count 0 above 1"], rule.Over(Crowd(0, 1)));
        Assert.Equal(["count 0 below 0"], rule.Over(Crowd(0.1, 0)));
    }

    public static TheoryData<string, CountRuleOptions> Impossible => new()
    {
        { "at least 1", new CountRuleOptions { Limit = 0 } },
        { "below its limit", new CountRuleOptions { Limit = 2, Release = 2 } },
        { "below its limit", new CountRuleOptions { Release = 1 } }, // of no limit
        { "at least 0", new CountRuleOptions { HoldTime = TimeSpan.FromSeconds(-1) } },
        { "at least 3 corners", new CountRuleOptions { Corners = [(0, 0), (1, 1)] } },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void What_is_impossible_is_refused(string message, CountRuleOptions options) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => new CountRule("x", options)).Message);

    private static PipelineFrame Crowd(double seconds, int people) => At(seconds, false, 100, [.. Enumerable.Range(0, people).Select(i => (0, 0, 10f + i, 50f))]);
}
