using System.Xml.Linq;
using Xunit;

namespace EdgeVision.Architecture.Tests;

/// <summary>A library references only libraries before it, and the runtime references almost nothing.</summary>
public sealed class LibraryOrderTests
{
    private static readonly LayerRule Order = new([.. Libraries.Order.Select(l => new[] { l })]);

    private static readonly string[] AllowedByRuntime = ["Microsoft.ML.OnnxRuntime", "System.Numerics.Tensors"];

    [Fact]
    public void Libraries_reference_only_those_before_them() => Assert.Empty(Order.FindViolations(
        Libraries.All.SelectMany(a => a.References.Where(IsOurs).Select(r => new Arrow(a.Name, r, "the compiled assembly")))));

    // A reference that nothing uses yet is not compiled in, but it is packed.
    [Fact]
    public void Projects_reference_only_those_before_them() => Assert.Empty(Order.FindViolations(
        Libraries.Order.SelectMany(l => ReadProject(l, "ProjectReference")
            .Select(r => new Arrow(l, Path.GetFileNameWithoutExtension(r), "the project")))));

    [Fact]
    public void Every_library_of_the_source_tree_is_in_the_order() => Assert.Equal(
        Directory.EnumerateDirectories(Libraries.Source).Where(d => Directory.EnumerateFiles(d, "*.csproj").Any())
            .Where(d => Libraries.GetFiles(Path.GetFileName(d)).Any()).Select(Path.GetFileName).Order(StringComparer.Ordinal),
        Libraries.Order.Order(StringComparer.Ordinal));

    [Fact]
    public void The_runtime_references_only_ONNX_Runtime_tensors_and_the_framework() =>
        Assert.Empty(FindForeign(Libraries.All[0].References));

    [Fact]
    public void The_runtimes_project_names_only_these_packages() => Assert.Equal(
        ["Microsoft.ML.OnnxRuntime.Managed", "System.Numerics.Tensors"], ReadProject("EdgeVision", "PackageReference").Order());

    [Theory]
    [InlineData("EdgeVision", "EdgeVision.Onnx")] // the runtime knows no other library
    [InlineData("EdgeVision.Tracking", "EdgeVision.Pipeline")]
    [InlineData("EdgeVision.Imaging", "EdgeVision.Pipeline.Skia")] // a name that begins with another's
    [InlineData("EdgeVision.Live", "EdgeVision.Cli")]
    [InlineData("EdgeVision.Live", "EdgeVision.Unknown")] // a library that nobody put into the order
    public void A_made_up_reference_is_found(string from, string to) =>
        Assert.Contains($"{from} -> {to} ", Assert.Single(Order.FindViolations([new(from, to, "made up")])));

    [Theory]
    [InlineData("SkiaSharp")]
    [InlineData("EdgeVision.Onnx")]
    [InlineData("Microsoft.Extensions.Hosting.Abstractions")] // not of the framework that every application has
    public void A_made_up_reference_of_the_runtime_is_found(string reference) =>
        Assert.Equal([reference], FindForeign(["System.Runtime", "Microsoft.ML.OnnxRuntime", "System.Numerics.Tensors", reference]));

    private static bool IsOurs(string assembly) => assembly == "EdgeVision" || assembly.StartsWith("EdgeVision.", StringComparison.Ordinal);

    private static IEnumerable<string> FindForeign(IEnumerable<string> references)
    {
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        return references.Where(r => !AllowedByRuntime.Contains(r) && !File.Exists(Path.Combine(framework, r + ".dll")));
    }

    private static IEnumerable<string> ReadProject(string library, string item) =>
        XDocument.Load(Path.Combine(Libraries.Source, library, library + ".csproj")).Descendants(item)
            .Select(e => e.Attribute("Include")!.Value.Replace('\\', '/'));
}
