using System.Diagnostics;
using System.Text.Json;
using EdgeVision.Pipeline.Ffmpeg;
using EdgeVision.Pipeline.Recording;
using EdgeVision.Pipeline.Sinks;
using EdgeVision.Pipeline.Tests.Video;
using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Tests;

/// <summary>A process that is killed while it writes leaves files that can be read up to the last moments.</summary>
public sealed class KilledProcessTests
{
    private const string ChildFolder = "EDGEVISION_KILLED_CHILD";

    /// <summary>What the child process of the other test does: everything at once, until it is killed.</summary>
    [Fact(Explicit = true)]
    public async Task Writes_until_it_is_killed()
    {
        string? folder = Environment.GetEnvironmentVariable(ChildFolder);
        Assert.NotNull(folder);
        await using var lines = new JsonLinesSink(new JsonLinesOptions { Path = Path.Combine(folder, "out.jsonl"), Rotation = new FileRotation { MaxBytes = 1 << 30 } });
        await using var recording = new RecordingSink(Path.Combine(folder, "rec"));
        using var video = FfmpegVideoWriter.IsAvailable() ? new FfmpegVideoWriter(new VideoTarget(Path.Combine(folder, "v.mp4"), 64, 48, 10)) : null;
        await lines.OpenAsync(TestContext.Current.CancellationToken);
        await recording.OpenAsync(TestContext.Current.CancellationToken);
        if (video is not null)
        {
            FfmpegVideoWriterTests.WriteUntilOnDisk(video, video.Target.PartPath);
        }

        for (int i = 0; ; i++)
        {
            using var frame = SinkFrames.Of("door", i);
            await lines.WriteAsync(frame, TestContext.Current.CancellationToken);
            await recording.WriteAsync(frame, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task What_was_written_stays_readable()
    {
        using var folder = new TestFolder();
        string host = Environment.ProcessPath!, assembly = typeof(KilledProcessTests).Assembly.Location;
        var start = new ProcessStartInfo(host) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(host) == "dotnet")
        {
            start.ArgumentList.Add(assembly);
        }

        start.ArgumentList.Add("-explicit");
        start.ArgumentList.Add("only");
        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"{typeof(KilledProcessTests).FullName}.{nameof(Writes_until_it_is_killed)}");
        start.Environment[ChildFolder] = folder.Path;
        using var child = Process.Start(start)!;
        try
        {
            _ = child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            _ = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var limit = Stopwatch.StartNew();
            var results = new FileInfo(Path.Combine(folder["rec"], "door", "results.jsonl"));
            while (!results.Exists || results.Length < 50_000)
            {
                Assert.False(child.HasExited, "the child ended by itself");
                Assert.True(limit.Elapsed < TimeSpan.FromMinutes(2), "the child writes nothing");
                await Task.Delay(20, TestContext.Current.CancellationToken);
                results.Refresh();
            }
        }
        finally
        {
            child.Kill();
            child.WaitForExit();
        }

        string[] lines = File.ReadAllText(folder["out.jsonl"]).Split('\n')[..^1]; // what is behind the last line break would be half a line
        for (int i = 0; i < lines.Length; i++)
        {
            using var json = JsonDocument.Parse(lines[i]);
            Assert.Equal(i, json.RootElement.GetProperty("frame").GetInt64());
        }

        var recording = EdgeVision.Pipeline.Recording.RecordingReader.Open(folder["rec"]);
        Assert.False(recording.Manifest.Complete);
        long[] answered = [.. recording.Sources[0].ReadResults().Select(r => r.Sequence)];
        using var source = new ReplaySource(recording.Sources[0]);
        source.Open(TestContext.Current.CancellationToken);
        var pool = new FramePool();
        int frames = 0;
        while (source.Read(pool, TestContext.Current.CancellationToken) is { } frame)
        {
            using var expected = SinkFrames.Of("door", frames++);
            Assert.True(expected.Frame.Data.SequenceEqual(frame.Data));
            frame.Dispose();
        }

        Assert.InRange(answered.Length, frames - 1, frames); // a frame's results follow it
        Assert.InRange(lines.Length, frames, frames + 1); // and its line goes before

        if (FfmpegVideoWriter.IsAvailable())
        {
            // The child's ffmpeg reads the end of its pipe and ends in order.
            string part = folder["v.part.mp4"];
            await Settled(part);
            Assert.True(TestVideo.Read(part).Frames >= 10);
        }
    }

    private static async Task Settled(string path)
    {
        for (long length = -1; length != new FileInfo(path).Length; await Task.Delay(500, TestContext.Current.CancellationToken))
        {
            length = new FileInfo(path).Length;
        }
    }
}
