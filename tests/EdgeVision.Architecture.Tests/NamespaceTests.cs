using System.Text.RegularExpressions;
using Xunit;

namespace EdgeVision.Architecture.Tests;

/// <summary>A folder is a namespace, but for the types that everybody writes.</summary>
public sealed partial class NamespaceTests
{
    // They are found with `using EdgeVision;` alone.
    private static readonly Dictionary<string, string> Essentials = new[]
    {
        "Frames/Frame", "Frames/FramePool", "Frames/PixelFormat",
        "Geometry/Box", "Geometry/FrameTransform", "Geometry/Keypoint", "Geometry/RotatedBox",
        "Inference/Providers/Provider", "Inference/Providers/ProviderNames", "Inference/Providers/ProviderPolicy",
        "Models/Classifier", "Models/DepthEstimator", "Models/Detector", "Models/Embedder", "Models/MultiTaskModel", "Models/PoseEstimator",
        "Models/RuntimeOptions", "Models/Segmenter", "Models/TaskModel", "Models/TileOptions", "Models/TiledRunner", "Models/VisionModel",
        "Results/Classification", "Results/DepthMap", "Results/DepthRange", "Results/Detection", "Results/Detections", "Results/Embedding",
        "Results/MaskRegion", "Results/SegmentationMap", "Results/StageTiming", "Results/VisionResult",
        "Threading/ThreadBudget",
    }.ToDictionary(f => $"EdgeVision/{f}.cs", _ => "EdgeVision");

    [Fact]
    public void A_folder_is_a_namespace() => Assert.Empty(Libraries.Order.SelectMany(Libraries.GetFiles)
        .Select(f => FindFault(f, File.ReadAllText(Path.Combine(Libraries.Source, f)))).OfType<string>());

    [Fact]
    public void Every_essential_exists() => 
        Assert.All(Essentials.Keys, f => Assert.True(File.Exists(Path.Combine(Libraries.Source, f)), f));

    [Theory]
    [InlineData("EdgeVision/Decoding/Made.cs", "namespace EdgeVision;")] // only essentials stay in EdgeVision
    [InlineData("EdgeVision/Decoding/Yolo/Made.cs", "namespace EdgeVision.Decoding;")]
    [InlineData("EdgeVision.Live/Made.cs", "namespace EdgeVision;")]
    [InlineData("EdgeVision/Geometry/Box.cs", "namespace EdgeVision.Geometry;")] // an essential that moved is not one
    [InlineData("EdgeVision/Decoding/Made.cs", "namespace EdgeVision.Decoding;\nclass A;\nnamespace EdgeVision.Other;")]
    [InlineData("EdgeVision/Decoding/Made.cs", "class WithoutNamespace;")]
    public void A_made_up_file_is_found(string file, string text) => Assert.Contains(file, FindFault(file, text));

    [Theory]
    [InlineData("EdgeVision/Decoding/Yolo/Made.cs", "using System;\n\nnamespace EdgeVision.Decoding.Yolo;")]
    [InlineData("EdgeVision/Geometry/Box.cs", "namespace EdgeVision;")]
    [InlineData("EdgeVision.Cli/Program.cs", "return 0;")] // top-level statements
    public void A_file_in_its_place_is_not_found(string file, string text) => Assert.Null(FindFault(file, text));

    private static string? FindFault(string file, string text)
    {
        string expected = Essentials.GetValueOrDefault(file, Path.GetDirectoryName(file)!.Replace('\\', '/').Replace('/', '.'));
        string[] names = [.. Declarations().Matches(text).Select(m => m.Groups[1].Value).Distinct()];
        return names.All(n => n == expected) && (names.Length > 0 || Path.GetFileName(file) == "Program.cs")
            ? null
            : $"{file} must be in the namespace {expected}; it is in {(names.Length == 0 ? "none" : string.Join(" and ", names))}";
    }

    [GeneratedRegex(@"^namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Declarations();
}
