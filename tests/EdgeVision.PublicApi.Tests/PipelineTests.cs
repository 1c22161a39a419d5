using EdgeVision.Pipeline;
using Xunit;

namespace EdgeVision.PublicApi.Tests;

/// <summary>A source, a sink, a rule and a tracker of another assembly make a pipeline together with a registered decoder.</summary>
public sealed class PipelineTests
{
    [Fact]
    public async Task Parts_of_another_assembly_make_a_pipeline()
    {
        using var file = new TinyModel();
        var sink = new TextSink();
        await using var pipeline = new VisionPipelineBuilder()
            .AddSource("lamp", () => new LampSource("lamp", 5))
            .AddModel(() => VisionModel.Load(file.Path))
            .AddTracker(() => new ClassTracker())
            .AddRule(() => new ThirdRule())
            .AddSink(sink)
            .Build();
        var statistics = await pipeline.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            [
                "0 x=0 track=1 third.seen=1",
                "1 x=1 track=1 third.seen=2",
                "2 x=2 track=1 third.seen=3 count",
                "3 x=3 track=1 third.seen=4",
                "4 x=4 track=1 third.seen=5",
            ],
            sink.Lines);
        Assert.True(sink.IsComplete && statistics.IsBalanced);
        Assert.Equal(5, Assert.Single(statistics.Sources).Delivered);
        Assert.Equal(5, Assert.Single(statistics.Sinks).Written);
        Assert.Equal(0, pipeline.RentedFrameCount);
        Assert.Equal("third", Assert.Single(pipeline.GetRules("lamp")).Name);
    }

    [Fact]
    public async Task Frames_are_made_for_a_sink_on_its_own()
    {
        var sink = new TextSink();
        using var frame = new PipelineFrame(Frame.Rent(PixelFormat.Gray8, 8, 4), "camera", "model");
        frame.Result.Detections.Add(new Box(1, 0, 2, 1), 0.5f, 0);
        new ClassTracker().Update(frame.Result.Detections);
        await sink.WriteAsync(frame, TestContext.Current.CancellationToken);
        Assert.Equal(["0 x=1 track=1"], sink.Lines);
    }
}
