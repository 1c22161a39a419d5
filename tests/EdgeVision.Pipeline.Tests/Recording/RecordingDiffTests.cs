using System.Buffers;
using System.Text;
using System.Text.Json;
using EdgeVision.Pipeline.Recording;
using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Tests.Recording;

/// <summary>Differences between a recording and its replay are all found, in words, and nothing else is.</summary>
public sealed class RecordingDiffTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_results_at_other_times_are_alike()
    {
        using var folder = new TestFolder();
        var recording = await Record(folder["rec"], 3);
        using var diff = new RecordingDiff(recording);
        for (int i = 0; i < 3; i++)
        {
            using var frame = SinkFrames.Of("door", i); // captured_at differs
            frame.Result.Timing = new StageTiming(1, 2, 3);
            diff.Add("door", i, Line(frame));
        }

        diff.Complete();
        Assert.Equal("3 frames, no differences", diff.Summary);
        Assert.Empty(diff.Differences);
    }

    [Theory]
    [InlineData("\"score\":0.9,", "\"score\":0.8,", "detection 0 score 0.9 → 0.8")]
    [InlineData("\"track_id\":2", "\"track_id\":3", "detection 1 track_id 2 → 3")]
    [InlineData("\"box\":[1,", "\"box\":[1.5,", "detection 2 box 0 1 → 1.5")]
    [InlineData("\"label\":\"person\"", "\"label\":\"dog\"", "detection 0 label \"person\" → \"dog\"")]
    [InlineData(",\"track_id\":1", "", "detection 0 track_id 1 → nothing")]
    [InlineData("\"model\":\"model\"", "\"model\":7", "model \"model\" → 7")]
    public async Task Each_difference_is_said(string was, string now, string said)
    {
        using var folder = new TestFolder();
        using var diff = new RecordingDiff(await Record(folder["rec"], 1));
        using var frame = SinkFrames.Of("door", 0);
        string line = Line(frame);
        int at = line.IndexOf(was, StringComparison.Ordinal);
        Assert.True(at >= 0);
        diff.Add("door", 0, line.Remove(at, was.Length).Insert(at, now));
        diff.Complete();
        Assert.Equal($"frame 0 of door: {said}", Assert.Single(diff.Differences));
        Assert.Equal((1L, 1L), (diff.DifferentFrames, diff.Count));
        Assert.Contains("the first: frame 0 of door", diff.Summary);
    }

    [Fact]
    public async Task Numbers_of_detections_frames_and_sources_are_said()
    {
        using var folder = new TestFolder();
        using var diff = new RecordingDiff(await Record(folder["rec"], 4));
        using var fewer = SinkFrames.Of("door", 1);
        fewer.Result.Detections.RemoveUntracked();
        diff.Add("door", 1, Line(fewer)); // frame 0 is missing
        using var other = SinkFrames.Of("gate", 0);
        diff.Add("gate", 0, Line(other));
        using var same = SinkFrames.Of("door", 3);
        diff.Add("door", 3, Line(same)); // frame 2 is missing
        using var more = SinkFrames.Of("door", 4);
        diff.Add("door", 4, Line(more));
        diff.Complete();
        Assert.Equal(
            [
                "frame 0 of door: is missing in the replay",
                "frame 1 of door: detections: 3 → 2",
                "frame 0 of gate: was not recorded",
                "frame 2 of door: is missing in the replay",
                "frame 4 of door: was not recorded",
            ],
            diff.Differences);
        Assert.Equal((2L, 5L), (diff.Frames, diff.DifferentFrames));
    }

    [Fact]
    public async Task What_never_came_is_missing_at_the_end()
    {
        using var folder = new TestFolder();
        using var diff = new RecordingDiff(await Record(folder["rec"], 2), new RecordingDiffOptions { MaxDifferences = 1 });
        diff.Complete();
        Assert.Equal(2, diff.Count);
        Assert.Single(diff.Differences);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.05, 1)] // 0.9 and 0.8 are further apart
    [InlineData(0.11, 0)]
    public async Task Numbers_within_the_tolerance_are_alike(double tolerance, int differences)
    {
        using var folder = new TestFolder();
        using var diff = new RecordingDiff(await Record(folder["rec"], 1), new RecordingDiffOptions { Tolerance = tolerance });
        using var frame = SinkFrames.Of("door", 0);
        diff.Add("door", 0, Line(frame).Replace("\"score\":0.9,", "\"score\":0.8,", StringComparison.Ordinal));
        Assert.Equal(differences, diff.Count);
    }

    [Fact]
    public async Task Two_recordings_are_compared()
    {
        using var folder = new TestFolder();
        var first = await Record(folder["a"], 3);
        using (var same = RecordingDiff.Compare(first, await Record(folder["b"], 3)))
        {
            Assert.Equal(0, same.Count);
        }

        using var shorter = RecordingDiff.Compare(first, await Record(folder["c"], 2));
        Assert.Equal(["frame 2 of door: is missing in the replay"], shorter.Differences);
    }

    [Fact]
    public async Task A_replay_compares_as_it_goes()
    {
        using var folder = new TestFolder();
        await Record(folder["rec"], 3);
        using var replay = Replay.Open(folder["rec"]);
        await using var sink = replay.CreateDiffSink();
        using var source = replay.CreateSource("door");
        source.Open(Cancel);
        var pool = new FramePool();
        while (source.Read(pool, Cancel) is { } frame)
        {
            using var again = SinkFrames.Of("door", frame.Sequence);
            frame.Dispose();
            await sink.WriteAsync(again, Cancel);
        }

        await sink.CompleteAsync(Cancel);
        Assert.Equal("3 frames, no differences", replay.Diff.Summary);
        Assert.Throws<SourceException>(() => replay.CreateSource("gate"));
    }

    private static async Task<EdgeVision.Pipeline.Recording.RecordingReader> Record(string folder, int frames)
    {
        await using var sink = new RecordingSink(folder);
        await sink.OpenAsync(Cancel);
        for (int i = 0; i < frames; i++)
        {
            using var frame = SinkFrames.Of("door", i);
            await sink.WriteAsync(frame, Cancel);
        }

        await sink.CompleteAsync(Cancel);
        return EdgeVision.Pipeline.Recording.RecordingReader.Open(folder);
    }

    private static string Line(PipelineFrame frame)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            PipelineJson.Write(writer, frame);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
