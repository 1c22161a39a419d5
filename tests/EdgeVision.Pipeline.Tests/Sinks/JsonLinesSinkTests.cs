using System.Text.Json;
using EdgeVision.Pipeline.Sinks;
using EdgeVision.TestSupport;
using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Tests.Sinks;

/// <summary>A line of JSON a frame, whole, and nothing allocated for it.</summary>
public sealed class JsonLinesSinkTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_line_a_frame_in_a_file_that_has_its_name_at_the_end()
    {
        using var folder = new TestFolder();
        await using (var sink = new JsonLinesSink(folder["out.jsonl"]))
        {
            await sink.OpenAsync(Cancel);
            for (int i = 0; i < 3; i++)
            {
                using var frame = SinkFrames.Of("Tür", i);
                await sink.WriteAsync(frame, Cancel);
            }

            Assert.Equal(["out.jsonl.part"], folder.Names);
            await sink.CompleteAsync(Cancel);
        }

        Assert.Equal(["out.jsonl"], folder.Names);
        string[] lines = File.ReadAllLines(folder["out.jsonl"]);
        Assert.Equal(3, lines.Length);
        Assert.Contains("\"Tür\"", lines[0]); // letters stay letters
        using var last = JsonDocument.Parse(lines[2]);
        Assert.Equal(2, last.RootElement.GetProperty("frame").GetInt64());
        Assert.Equal(80, last.RootElement.GetProperty("timestamp_ms").GetDouble());
        Assert.Equal(2, last.RootElement.GetProperty("detections")[1].GetProperty("track_id").GetInt32());
    }

    [Fact]
    public async Task Frames_without_events_can_be_left_out()
    {
        using var folder = new TestFolder();
        await using var sink = new JsonLinesSink(new JsonLinesOptions { Path = folder["out.jsonl"], EventsOnly = true });
        await sink.OpenAsync(Cancel);
        for (int i = 0; i < 4; i++)
        {
            using var frame = SinkFrames.Of("door", i);
            if (i == 2)
            {
                frame.AddEvent(new PipelineEvent("gate", "crossed", 1));
            }

            await sink.WriteAsync(frame, Cancel);
        }

        await sink.CompleteAsync(Cancel);
        string line = Assert.Single(File.ReadAllLines(folder["out.jsonl"]));
        Assert.Contains("\"frame\":2,", line);
    }

    [Fact]
    public async Task Every_line_is_whole_after_a_full_disk()
    {
        using var disk = new SmallDisk(512);
        await using var sink = new JsonLinesSink(new JsonLinesOptions { Path = disk["out.jsonl"] });
        await sink.OpenAsync(Cancel);
        int refused = 0;
        for (int i = 0; i < 300; i++)
        {
            if (i == 100)
            {
                disk.FillBut(0);
            }

            using var frame = SinkFrames.Of("door", i);
            try
            {
                await sink.WriteAsync(frame, Cancel);
            }
            catch (SinkException e)
            {
                Assert.True(e.CanRetry);
                refused++;
                disk.Free();
                await sink.WriteAsync(frame, Cancel); // what a pipeline does a moment later
            }
        }

        await sink.CompleteAsync(Cancel);
        Assert.True(refused > 0);
        string[] lines = File.ReadAllLines(disk["out.jsonl"]);
        Assert.Equal(300, lines.Length);
        for (int i = 0; i < lines.Length; i++)
        {
            using var json = JsonDocument.Parse(lines[i]);
            Assert.Equal(i, json.RootElement.GetProperty("frame").GetInt64());
        }
    }

    [Fact]
    public async Task A_steady_stream_allocates_nothing()
    {
        using var folder = new TestFolder();
        await using var sink = new JsonLinesSink(new JsonLinesOptions { Path = folder["out.jsonl"], Rotation = new FileRotation { MaxBytes = 1L << 30, Interval = TimeSpan.FromDays(1) } });
        await sink.OpenAsync(Cancel);
        using var frame = SinkFrames.Of("door", 1);
        frame.AddEvent(new PipelineEvent("gate", "crossed", 1) { Direction = "in" });
        frame.AddCount(new RuleCount("gate", "in", 1));
        Assert.Equal(0, Allocations.Of(() => sink.WriteAsync(frame, Cancel).GetAwaiter().GetResult()));
    }

    [Fact]
    public void Standard_output_does_not_rotate() =>
        Assert.Throws<PipelineConfigException>(() => new JsonLinesSink(new JsonLinesOptions { Path = "-", Rotation = new FileRotation { MaxBytes = 1 } }));

    [Fact]
    public async Task A_number_that_is_none_costs_its_frame_alone_and_is_not_tried_again()
    {
        using var folder = new TestFolder();
        await using var sink = new JsonLinesSink(folder["out.jsonl"]);
        await sink.OpenAsync(Cancel);
        using PipelineFrame bad = SinkFrames.Of("door", 0), good = SinkFrames.Of("door", 1);
        bad.AddEvent(new PipelineEvent("gate", "stayed", 1) { Value = double.NaN });
        Assert.False((await Assert.ThrowsAsync<SinkException>(async () => await sink.WriteAsync(bad, Cancel))).CanRetry);
        await sink.WriteAsync(good, Cancel);
        await sink.CompleteAsync(Cancel);
        Assert.Contains("\"frame\":1,", Assert.Single(File.ReadAllLines(folder["out.jsonl"])));
    }
}
