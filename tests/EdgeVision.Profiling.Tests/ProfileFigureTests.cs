using EdgeVision.TestSupport.Profiling;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public sealed class ProfileFigureTests
{
    [Fact]
    public void Names_are_unique_and_every_figure_of_a_whole_row_is_known_but_energy()
    {
        Assert.Equal(ProfileFigure.All.Count, ProfileFigure.All.Select(f => f.Name).Distinct().Count());
        var row = ProfileRows.Row();
        Assert.Equal([ProfileFigure.Energy], ProfileFigure.All.Where(f => f.GetValue(row) is null));
        Assert.All(ProfileFigure.All, f => Assert.Null(f.GetValue(row with { Error = "it crashed" })));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_no_number_is_not_known(double value) => Assert.Null(ProfileFigure.P99.GetValue(ProfileRows.Row() with { P99Ms = value }));

    [Fact]
    public void Multiply_accumulates_are_those_of_a_frame() => Assert.Equal(25, ProfileFigure.Macs.GetValue(ProfileRows.Row() with { Macs = 100, Batch = 4 }));

    [Theory]
    [InlineData("p99", 0.01234, "0.0123 ms")]
    [InlineData("p99", 0.5, "0.500 ms")]
    [InlineData("p99", 12.345, "12.35 ms")]
    [InlineData("p99", 1234.5, "1234 ms")] // no separator, which another country reads as a point
    [InlineData("memory", 200, "200.0 MB")]
    [InlineData("macs", 1.8214e9, "1.82 G")]
    [InlineData("params", 11_689_512, "11.7 M")]
    [InlineData("params", 999, "999")]
    [InlineData("metric", 0.8940001, "0.894")]
    public void Values_are_written_with_their_unit(string name, double value, string text) => Assert.Equal(text, ProfileFigure.All.Single(f => f.Name == name).Format(value));
}
