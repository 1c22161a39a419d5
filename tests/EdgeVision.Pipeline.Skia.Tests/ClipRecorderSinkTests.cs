using System.Text.Json;
using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Skia.Tests;

/// <summary>Clips hold the seconds around their events, and no more of them stay than asked for.</summary>
public sealed class ClipRecorderSinkTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("30", "20-40", "one second before, one behind")]
    [InlineData("5", "0-15", "nothing is before the beginning")]
    [InlineData("30 36", "20-46", "another event makes it longer")]
    [InlineData("30 60", "20-40 50-70", "two clips where they are apart")]
    [InlineData("30 42", "20-40 32-52", "what was shown behind one may be before the next")]
    [InlineData("95", "85-99", "the end ends it")]
    [InlineData("", "", "no event, no clip")]
    public async Task A_clip_is_the_time_around_its_events(string events, string clips, string why)
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        await Record(Options(folder.Path), events);
        string[] expected = clips.Split(' ', StringSplitOptions.RemoveEmptyEntries), lines = [.. folder.Names.Where(n => n.EndsWith(".json", StringComparison.Ordinal)).Select(n => folder[n])];
        Assert.Equal(expected.Length * 2, folder.Names.Length);
        var found = new List<string>();
        foreach (string line in lines)
        {
            using var json = JsonDocument.Parse(File.ReadAllText(line));
            var root = json.RootElement;
            long from = (long)root.GetProperty("from_timestamp_ms").GetDouble() / 100, to = (long)root.GetProperty("to_timestamp_ms").GetDouble() / 100;
            found.Add(FormattableString.Invariant($"{from}-{to}"));
            var video = TestVideo.Read(folder[root.GetProperty("files")[0].GetString()!]);
            Assert.Equal((64, 48, (int)(to - from + 1)), (video.Width, video.Height, video.Frames));
            Assert.Equal(Path.ChangeExtension(line, ".mp4"), folder[root.GetProperty("files")[0].GetString()!]);
            Assert.Equal("door", root.GetProperty("source").GetString());
            Assert.Equal("gate", root.GetProperty("events")[0].GetProperty("event").GetProperty("rule").GetString());
        }

        Assert.True(expected.Order().SequenceEqual(found.Order()), $"{why}: {string.Join(' ', found)}");
    }

    [Theory]
    [InlineData("gate", null, 1)]
    [InlineData("other", null, 0)]
    [InlineData(null, "crossed", 1)]
    [InlineData(null, "dwell", 0)]
    public async Task Rules_and_kinds_are_chosen(string? rule, string? kind, int clips)
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        await Record(Options(folder.Path) with { Rules = rule is null ? null : [rule], EventKinds = kind is null ? null : [kind] }, "30");
        Assert.Equal(clips * 2, folder.Names.Length);
    }

    [Fact]
    public async Task What_goes_on_too_long_is_cut_into_clips()
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        await Record(Options(folder.Path) with { MaxDuration = TimeSpan.FromSeconds(3) }, string.Join(' ', Enumerable.Range(20, 60)));
        Assert.True(folder.Names.Length >= 4);
        Assert.All(folder.Names.Where(n => n.EndsWith(".mp4", StringComparison.Ordinal)), n => Assert.InRange(TestVideo.Read(folder[n]).Seconds, 1, 3.2));
    }

    [Fact]
    public async Task The_oldest_clips_go()
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        File.WriteAllText(folder["notes.json"], "{}"); // no clip: stays
        await Record(Options(folder.Path) with { MaxClips = 2 }, "10 35 60 85");
        Assert.Equal(5, folder.Names.Length);
        Assert.Contains("notes.json", folder.Names);
        double[] from = [.. folder.Names.Where(n => n.StartsWith("door", StringComparison.Ordinal) && n.EndsWith(".json", StringComparison.Ordinal)).Select(n => From(folder[n])).Order()];
        Assert.Equal([5000, 7500], from);
    }

    [Fact]
    public async Task Bytes_are_limited_and_the_newest_stays()
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        await Record(Options(folder.Path) with { MaxBytes = 1 }, "10 35 60");
        Assert.Equal(2, folder.Names.Length);
        Assert.Equal(5000, From(folder[folder.Names.Single(n => n.EndsWith(".json", StringComparison.Ordinal))]));
    }

    [Fact]
    public async Task Memory_for_what_was_before_is_bounded()
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        await Record(Options(folder.Path) with { MaxBufferedBytes = 1 }, "30"); // one picture is always held
        Assert.Equal(3000, From(folder[folder.Names.Single(n => n.EndsWith(".json", StringComparison.Ordinal))]));
    }

    [Fact]
    public async Task A_source_that_begins_anew_begins_a_new_clip()
    {
        TestVideo.NeedsFfmpeg();
        using var folder = new TestFolder();
        await using var sink = new ClipRecorderSink(Options(folder.Path));
        await sink.OpenAsync(Cancel);
        await Write(sink, 12, [5]);
        await Write(sink, 12, [5]);
        await sink.CompleteAsync(Cancel);
        Assert.Equal(4, folder.Names.Length);
    }

    [Theory]
    [InlineData(-1, 5, 60)] // time does not go back
    [InlineData(5, 5, 10)] // no room for the event
    public void Impossible_times_are_refused(int before, int after, int longest) => Assert.Throws<PipelineConfigException>(() => new ClipRecorderSink(new ClipRecorderOptions
    {
        Folder = "clips", Before = TimeSpan.FromSeconds(before), After = TimeSpan.FromSeconds(after), MaxDuration = TimeSpan.FromSeconds(longest),
    }));

    private static ClipRecorderOptions Options(string folder) => new() { Folder = folder, Before = TimeSpan.FromSeconds(1), After = TimeSpan.FromSeconds(1) };

    // Ten seconds at ten frames a second, with events on some frames.
    private static async Task Record(ClipRecorderOptions options, string events)
    {
        await using var sink = new ClipRecorderSink(options);
        await sink.OpenAsync(Cancel);
        await Write(sink, 100, [.. events.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)]);
        await sink.CompleteAsync(Cancel);
    }

    private static async Task Write(ClipRecorderSink sink, int frames, HashSet<int> events)
    {
        for (int i = 0; i < frames; i++)
        {
            using var frame = SinkFrames.Of("door", i, fps: 10);
            if (events.Contains(i))
            {
                frame.AddEvent(new PipelineEvent("gate", "crossed", 1) { Direction = "in" });
            }

            await sink.WriteAsync(frame, Cancel);
        }
    }

    private static double From(string line)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(line));
        return json.RootElement.GetProperty("from_timestamp_ms").GetDouble();
    }
}
