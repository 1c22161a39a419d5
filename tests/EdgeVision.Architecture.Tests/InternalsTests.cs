using Xunit;

namespace EdgeVision.Architecture.Tests;

/// <summary>Internals are open to tests alone, so that published libraries of different versions fit each other.</summary>
public sealed class InternalsTests
{
    [Fact]
    public void Internals_are_visible_to_tests_alone() =>
        Assert.Empty(Libraries.All.SelectMany(a => a.Friends.Where(f => !IsTest(f)).Select(f => $"{a.Name} opens its internals to {f}")));

    [Fact]
    public void Friends_are_read() => Assert.Contains("EdgeVision.Tests", Libraries.All[0].Friends);

    [Theory]
    [InlineData("EdgeVision.Pipeline", false)]
    [InlineData("EdgeVision.Cli", false)]
    [InlineData("EdgeVision.TestsAndMore", false)] // the end of the name counts
    [InlineData("EdgeVision.PublicApi.Tests", false)] // an outside assembly
    [InlineData("EdgeVision.Tests", true)]
    [InlineData("EdgeVision.Pipeline.Skia.Tests", true)]
    [InlineData("EdgeVision.TestSupport", true)]
    [InlineData("EdgeVision.Fidelity", true)]
    public void Only_test_projects_are_friends(string name, bool test) => Assert.Equal(test, IsTest(name));

    private static bool IsTest(string name) =>
        name != "EdgeVision.PublicApi.Tests" && name.EndsWith(".Tests", StringComparison.Ordinal)
        || name is "EdgeVision.TestSupport" or "EdgeVision.Fidelity";
}
