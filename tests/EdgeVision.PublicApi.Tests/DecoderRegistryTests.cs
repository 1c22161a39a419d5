using System.Reflection;
using System.Runtime.CompilerServices;
using EdgeVision.Decoding;
using EdgeVision.Models;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using Xunit;

namespace EdgeVision.PublicApi.Tests;

/// <summary>A decoder of another assembly is registered, found by its name in a spec, and used like a built-in one.</summary>
public sealed class DecoderRegistryTests
{
    [Fact]
    public void No_library_opens_its_internals_to_these_tests()
    {
        string self = typeof(DecoderRegistryTests).Assembly.GetName().Name!;
        var libraries = typeof(DecoderRegistryTests).Assembly.GetReferencedAssemblies()
            .Where(a => a.Name!.StartsWith("EdgeVision", StringComparison.Ordinal)).Select(Assembly.Load).ToArray();
        Assert.True(libraries.Length >= 4);
        Assert.DoesNotContain(
            self, libraries.SelectMany(l => l.GetCustomAttributes<InternalsVisibleToAttribute>()).Select(a => a.AssemblyName));
    }

    [Fact]
    public void A_model_runs_with_a_registered_decoder()
    {
        using var file = new TinyModel();
        using var model = VisionModel.Load(file.Path);
        using var frame = TinyModel.Draw(Frame.Rent(PixelFormat.Gray8, TinyModel.Width, TinyModel.Height), 5, 2);
        var result = model.Run(frame);
        Assert.True(model.DetectsBoxes && model.ProducesKeypoints);
        Assert.False(model.ProducesMasks || model.IsTopDown);
        Assert.True(result.HasDetections);
        Assert.Equal(new Detection(0, "lamp", 1, new Box(5, 2, 6, 3)), result.Detections[0]);
        Assert.Equal([new Keypoint(5.5f, 2.5f, 1)], result.Detections.GetKeypoints(0).ToArray());
        Assert.Equal([0, 0], Assert.Single(result.Detections.Skeleton));
    }

    [Fact]
    public void A_typed_task_takes_a_registered_decoder()
    {
        using var file = new TinyModel(parameters: "\"scale\": 0.5");
        using var estimator = PoseEstimator.Load(file.Path);
        using var frame = TinyModel.Draw(Frame.Rent(PixelFormat.Gray8, TinyModel.Width, TinyModel.Height), 0, 3);
        Assert.False(estimator.IsTopDown);
        Assert.Equal(0.5f, estimator.Estimate(frame)[0].Score);
    }

    [Fact]
    public void Heads_are_decoded_without_a_session()
    {
        using var file = new TinyModel();
        using var model = VisionModel.Load(file.Path);
        var heads = new HeadRunner(model.Spec, model.Engine.Outputs, model.Options);
        var values = new float[2 * TinyModel.Width * TinyModel.Height];
        values[TinyModel.Width * TinyModel.Height + 9] = 0.75f; // second item: column 1, row 1
        var outputs = new ArrayTensorSet(("scores", [2, 1, TinyModel.Height, TinyModel.Width], values));
        var result = new VisionResult();
        heads.Decode(outputs, 1, FrameTransform.Identity(TinyModel.Width, TinyModel.Height), result);
        Assert.Equal(new Detection(0, "lamp", 0.75f, new Box(1, 1, 2, 2)), result.Detections[0]);
        Assert.Equal((TinyModel.Width, TinyModel.Height), (result.FrameWidth, result.FrameHeight));
        Assert.True(Assert.Single(heads.Decoders) is { SupportsBatches: true, Produces: OutputKind.Detections });
    }

    [Theory]
    [InlineData("yolo-dfl")] // built in
    [InlineData(BrightestCellDecoder.Name)] // registered
    public void A_name_is_taken_once(string name)
    {
        BrightestCellDecoder.EnsureRegistered();
        var e = Assert.Throws<ArgumentException>(() => DecoderRegistry.Register(name, _ => throw new InvalidOperationException()));
        Assert.Contains($"'{name}'", e.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void A_name_is_needed(string name) =>
        Assert.Throws<ArgumentException>(() => DecoderRegistry.Register(name, _ => throw new InvalidOperationException()));

    [Fact]
    public void Messages_list_registered_decoders()
    {
        using var file = new TinyModel(decoder: "brightest-cel");
        var e = Assert.Throws<SpecException>(() => VisionModel.Load(file.Path));
        Assert.Contains(BrightestCellDecoder.Name, e.Message);
        Assert.Contains("yolo-dfl", e.Message);
        Assert.Contains(BrightestCellDecoder.Name, DecoderRegistry.Names);
    }

    [Fact]
    public void Parameters_are_checked_with_the_decoder_s_name()
    {
        using var file = new TinyModel(parameters: "\"scale\": \"much\"");
        var e = Assert.Throws<SpecException>(() => VisionModel.Load(file.Path));
        Assert.Contains("'scale'", e.Message);
        Assert.Contains(BrightestCellDecoder.Name, e.Message);
    }

    [Fact]
    public void A_function_that_returns_nothing_is_named()
    {
        DecoderRegistry.Register("nothing", _ => null!);
        using var file = new TinyModel(decoder: "nothing");
        Assert.Contains("'nothing'", Assert.Throws<InvalidOperationException>(() => VisionModel.Load(file.Path)).Message);
    }

    [Fact]
    public void Decoders_are_registered_from_several_threads()
    {
        string[] names = [.. Enumerable.Range(0, 64).Select(i => $"parallel-{i}")];
        Parallel.ForEach(names, name =>
        {
            DecoderRegistry.Register(name, _ => null!);
            Assert.Contains(name, DecoderRegistry.Names);
        });
        Assert.Empty(names.Except(DecoderRegistry.Names));
    }
}
