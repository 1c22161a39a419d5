using Xunit;

namespace EdgeVision.Architecture.Tests;

/// <summary>Who embeds the runtime sees what they need and little else.</summary>
public sealed class PublicSurfaceTests(ITestOutputHelper output)
{
    private const int Limit = 133;

    [Fact]
    public void The_runtime_has_few_public_types()
    {
        output.WriteLine($"{"assembly",-26} {"lines",6} {"public types",12}  references");
        foreach (var assembly in Libraries.All)
        {
            int lines = Libraries.GetFiles(assembly.Name)
                .Sum(f => File.ReadLines(Path.Combine(Libraries.Source, f)).Count());
            var others = assembly.References
                .Where(r => !r.StartsWith("System.", StringComparison.Ordinal) || r == "System.Numerics.Tensors");
            output.WriteLine($"{assembly.Name,-26} {lines,6} {assembly.PublicTypes.Count,12}  {string.Join(", ", others)}");
        }

        Assert.True(IsWithinLimit(Libraries.All[0].PublicTypes), $"EdgeVision must have at most {Limit} public types; it has "
            + $"{Libraries.All[0].PublicTypes.Count}: {string.Join(", ", Libraries.All[0].PublicTypes)}");
    }

    [Theory]
    [InlineData(Limit, true)]
    [InlineData(Limit + 1, false)]
    public void One_type_too_many_is_found(int count, bool within) =>
        Assert.Equal(within, IsWithinLimit([.. Enumerable.Range(0, count).Select(i => $"Made{i}")]));

    // A nested type belongs to the type around it, and a public type within an internal one is seen by nobody.
    [Fact]
    public void Public_types_are_counted_as_others_see_them() => Assert.Equal(
        ["EdgeVision.Architecture.Tests.Samples.Upper.Visible"],
        CompiledAssembly.Read(typeof(PublicSurfaceTests).Assembly.Location).PublicTypes
            .Where(t => t.Contains("Samples", StringComparison.Ordinal)));

    private static bool IsWithinLimit(IReadOnlyList<string> types) => types.Count <= Limit;
}
