using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeVision.Frames;
using EdgeVision.Pipeline.Ffmpeg;
using EdgeVision.TestSupport;
using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Tests.Sources;

/// <summary>The installed ffmpeg as a source: files, graphs, a real RTSP server, programs that misbehave. Each test leaves no process behind.</summary>
public sealed class FfmpegSourceTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly FramePool _pool = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-ffmpeg-").FullName;

    public FfmpegSourceTests()
    {
        try
        {
            FfmpegProgram.GetVersion(FfmpegProgram.Default);
        }
        catch (SourceException e)
        {
            Assert.Skip(e.Message);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_video_is_read_to_its_end_with_even_times()
    {
        using var source = Open(new FfmpegOptions { Input = SharedData.Path("video", "walking.mp4") });
        Assert.Equal((25.0, false), (source.FrameRate, source.IsLive));
        int count = 0;
        for (; source.Read(_pool, CancellationToken.None) is { } frame; frame.Dispose())
        {
            Assert.Equal((PixelFormat.Nv12, 960, 540, (long)count, TimeSpan.FromMilliseconds(40 * count)), (frame.Format, frame.Width, frame.Height, frame.Sequence, frame.Timestamp));
            count++;
        }

        Assert.Equal(341, count);
        Assert.Null(source.Read(_pool, CancellationToken.None));
        Assert.Equal(0, _pool.RentedCount);
    }

    [Theory]
    [InlineData(PixelFormat.Nv12)]
    [InlineData(PixelFormat.I420)]
    [InlineData(PixelFormat.Yuy2)]
    [InlineData(PixelFormat.Bgr24)]
    [InlineData(PixelFormat.Rgba32)]
    [InlineData(PixelFormat.Gray8)]
    public void What_goes_in_as_a_test_pattern_comes_out_in_every_format(PixelFormat format)
    {
        var pattern = new TestPattern(new TestPatternOptions { Width = 320, Height = 240, Format = format });
        string path = Path.Combine(_folder, "pattern.bgr");
        WritePattern(path, 320, 240, 5);
        using var source = Open(new FfmpegOptions { Input = path, InputFormat = "rawvideo", InputOptions = [("pixel_format", "bgr24"), ("video_size", "320x240"), ("framerate", "25")], Format = format });
        using var drawn = Frame.Rent(format, 320, 240);
        for (int i = 0; i < 5; i++)
        {
            using var frame = source.Read(_pool, CancellationToken.None)!;
            Assert.Equal(i, TestPattern.ReadSequence(frame));
            pattern.Draw(drawn, i);
            double off = 0;
            for (int k = 0; k < frame.Data.Length; k++)
            {
                off += Math.Abs(frame.Data[k] - drawn.Data[k]);
            }

            Assert.True(off / frame.Data.Length < 1.5, $"frame {i} is {off / frame.Data.Length:F2} off a byte");
        }

        Assert.Null(source.Read(_pool, CancellationToken.None));
    }

    [Theory]
    [InlineData("scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "setparams=colorspace=bt709")] // as HD cameras do; a graph's frames lose their label
    [InlineData("scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p", null)] // as JPEG cameras do
    [InlineData("scale=out_color_matrix=bt601:out_range=tv,format=yuv420p", null)]
    public void Colours_arrive_as_limited_range_of_BT601_whatever_the_input_has(string made, string? filter)
    {
        using var source = Open(new FfmpegOptions { Input = $"color=red:size=64x64:rate=5,format=rgb24,{made}", InputFormat = "lavfi", Filter = filter });
        using var frame = source.Read(_pool, CancellationToken.None)!;
        Assert.Equal(81, frame.Data[32 * 64 + 32], 2.0); // red is 81, 90, 240
        Assert.Equal(90, frame.GetPlane(1)[16 * 64 + 32], 2.0);
        Assert.Equal(240, frame.GetPlane(1)[16 * 64 + 33], 2.0);
    }

    [Theory]
    [InlineData("testsrc=size=65x49:rate=10", null, null, null, 64, 48, 10)] // an odd column and row are cut off
    [InlineData("testsrc=size=640x360:rate=10", 320, null, null, 320, 180, 10)] // the shape is kept
    [InlineData("testsrc=size=640x360:rate=10", null, 90, null, 160, 90, 10)]
    [InlineData("testsrc=size=640x360:rate=10", 100, 100, 5.0, 100, 100, 5)] // as asked
    [InlineData("testsrc=size=64x48:rate=30000/1001", null, null, null, 64, 48, 30000 / 1001.0)] // ffmpeg prints 29.97
    [InlineData("testsrc=size=64x48:rate=24000/1001", null, null, null, 64, 48, 24000 / 1001.0)] // and 23.98
    public void Size_and_rate_are_those_that_come(string graph, int? toWidth, int? toHeight, double? toRate, int width, int height, double rate)
    {
        using var source = Open(new FfmpegOptions { Input = graph, InputFormat = "lavfi", Width = toWidth, Height = toHeight, FrameRate = toRate });
        using var frame = source.Read(_pool, CancellationToken.None)!;
        Assert.Equal((width, height), (frame.Width, frame.Height));
        Assert.Equal(rate, source.FrameRate!.Value, 1e-6);
    }

    [Fact]
    public void A_start_skips_and_a_loop_begins_again()
    {
        string path = Path.Combine(_folder, "pattern.bgr");
        WritePattern(path, 64, 48, 4);
        using var source = Open(Raw(path) with { Loop = true });
        for (int i = 0; i < 11; i++)
        {
            using var frame = source.Read(_pool, CancellationToken.None)!;
            Assert.Equal(((long)i, i % 4), (frame.Sequence, TestPattern.ReadSequence(frame)));
        }

        using var later = Open(Raw(path) with { Start = TimeSpan.FromSeconds(0.08) });
        using var third = later.Read(_pool, CancellationToken.None)!;
        Assert.Equal(2, TestPattern.ReadSequence(third));
    }

    [Fact]
    public void A_missing_file_one_that_is_no_video_and_a_missing_program_are_said()
    {
        var missing = Assert.Throws<SourceException>(() => Open(new FfmpegOptions { Input = Path.Combine(_folder, "none.mp4") }));
        Assert.Contains("does not exist", missing.Message);
        Assert.False(missing.CanRetry);

        string text = Path.Combine(_folder, "-notes.mp4");
        File.WriteAllText(text, "hello");
        var wrong = Assert.Throws<SourceException>(() => Open(new FfmpegOptions { Input = text }));
        Assert.Contains("Invalid data", wrong.Message);
        Assert.False(wrong.CanRetry);
        Assert.DoesNotContain('\n', wrong.Message);

        var program = Assert.Throws<SourceException>(() => Open(new FfmpegOptions { Input = text, Executable = "/nowhere/ffmpeg" }));
        Assert.Contains("apt-get install ffmpeg", program.Message);
    }

    [Fact]
    public void A_video_that_is_cut_short_gives_its_frames_and_then_says_so()
    {
        byte[] whole = File.ReadAllBytes(SharedData.Path("video", "walking.mp4"));
        string cut = Path.Combine(_folder, "cut.mp4");
        File.WriteAllBytes(cut, whole[..1_200_000]); // the index stands in front of the pictures in this file
        using var source = Open(new FfmpegOptions { Input = cut, Width = 96 });
        int count = 0;
        var error = Assert.Throws<SourceException>(() =>
        {
            for (; source.Read(_pool, CancellationToken.None) is { } frame; frame.Dispose())
            {
                count++;
            }
        });
        Assert.InRange(count, 100, 200);
        Assert.Contains("truncated or damaged", error.Message);
        Assert.Contains("of 13.6 s", error.Message);
        Assert.False(error.CanRetry);
        Assert.Null(source.Read(_pool, CancellationToken.None));
    }

    [Fact]
    public async Task An_abort_ends_a_read_that_waits_and_leaves_no_process()
    {
        using var source = Hanging(out int id);
        var read = Task.Run(() => ReadOn(source, CancellationToken.None), TestContext.Current.CancellationToken);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        source.Abort();
        await Assert.ThrowsAsync<SourceException>(() => read.WaitAsync(Patience, TestContext.Current.CancellationToken));
        source.Dispose();
        AssertGone(id);
        Assert.Equal(0, _pool.RentedCount);
    }

    [Fact]
    public async Task A_cancelled_read_says_so_and_leaves_no_process()
    {
        using var source = Hanging(out int id);
        using var cancel = new CancellationTokenSource();
        var read = Task.Run(() => ReadOn(source, cancel.Token), TestContext.Current.CancellationToken);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(Patience, TestContext.Current.CancellationToken));
        source.Dispose();
        AssertGone(id);
    }

    [Fact]
    public void A_wrapper_that_floods_its_error_stream_neither_blocks_nor_leaves_a_child()
    {
        const string Mark = "testsrc=size=64x48:rate=7.0317";
        string wrapper = Script("[ \"$1\" = -version ] || yes 'this line says nothing' | head -n 100000 >&2\nffmpeg \"$@\" &\nwait $!");
        using (var source = Open(new FfmpegOptions { Input = Mark, InputFormat = "lavfi", Executable = wrapper }))
        {
            source.Read(_pool, CancellationToken.None)!.Dispose();
            Assert.NotEmpty(ProcessesWith(Mark));
        }

        Assert.True(SpinWait.SpinUntil(() => ProcessesWith(Mark).Count == 0, Patience), "ffmpeg runs on behind its wrapper");
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        using var source = Open(new FfmpegOptions { Input = "testsrc=size=64x48:rate=25", InputFormat = "lavfi" });
        using var cancel = new CancellationTokenSource();
        Assert.Equal(0, Allocations.Of(() => source.Read(_pool, cancel.Token)!.Dispose()));
    }

    [Fact]
    public void A_server_that_is_away_is_tried_again_and_credentials_are_on_display_nowhere()
    {
        int port = FreePort();
        string seen = Path.Combine(_folder, "arguments");
        string wrapper = Script($"printf '%s\\n' \"$@\" >> '{seen}'\nexec ffmpeg \"$@\"");
        var options = new FfmpegOptions { Input = $"rtsp://admin:geheim@127.0.0.1:{port}/live?token=abcdef", Executable = wrapper };
        var error = Assert.Throws<SourceException>(() => Open(options));
        Assert.True(error.CanRetry);
        Assert.Contains("refused", error.Message);
        string shown = error.ToString() + new FfmpegSource(options).Name + File.ReadAllText(seen);
        Assert.DoesNotContain("geheim", shown);
        Assert.DoesNotContain("abcdef", shown);
    }

    [Fact]
    public void Pictures_come_from_a_real_server_that_asks_for_a_password_and_again_when_it_was_restarted()
    {
        string video = SharedData.Path("video", "walking.mp4");
        int port;
        using (var server = RtspServer.Start(video, user: "cam", password: "s3c:r@t"))
        {
            port = server.Port;
            var refused = Assert.Throws<SourceException>(() => Open(new FfmpegOptions { Input = server.AddressFor("cam", "wrong") }));
            Assert.Contains("401", refused.Message);
            Assert.False(refused.CanRetry);

            using var source = Open(new FfmpegOptions { Input = server.AddressFor("cam", "s3c:r@t"), Name = "door", LowLatency = true });
            Assert.True(source.IsLive);
            var last = TimeSpan.MinValue;
            for (int i = 0; i < 30; i++)
            {
                using var frame = source.Read(_pool, CancellationToken.None)!;
                Assert.Equal((960, 540, (long)i), (frame.Width, frame.Height, frame.Sequence));
                Assert.True(frame.Timestamp > last);
                last = frame.Timestamp;
            }

            server.Dispose();
            var lost = Assert.Throws<SourceException>(() => ReadOn(source, CancellationToken.None));
            Assert.True(lost.CanRetry);
            Assert.DoesNotContain("s3c", lost.ToString());
        }

        using var again = RtspServer.Start(video, port, "cam", "s3c:r@t");
        using var fresh = Open(new FfmpegOptions { Input = again.AddressFor("cam", "s3c:r@t") });
        for (int i = 0; i < 5; i++)
        {
            fresh.Read(_pool, CancellationToken.None)!.Dispose();
        }
    }

    // An ffmpeg that has stopped in the middle of its work; what is in the pipe is read first.
    private static FfmpegSource Hanging(out int id)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are stopped by a signal");
        var source = Open(new FfmpegOptions { Input = "testsrc=size=64x48:rate=25", InputFormat = "lavfi" });
        id = source.ProcessId!.Value;
        using var stop = Process.Start("kill", ["-STOP", $"{id}"]);
        stop.WaitForExit();
        return source;
    }

    private void ReadOn(FrameSource source, CancellationToken cancel)
    {
        while (source.Read(_pool, cancel) is { } frame)
        {
            frame.Dispose();
        }
    }

    private static FfmpegSource Open(FfmpegOptions options)
    {
        var source = new FfmpegSource(options with { OpenTimeout = Patience });
        try
        {
            source.Open(CancellationToken.None);
            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static FfmpegOptions Raw(string path) =>
        new() { Input = path, InputFormat = "rawvideo", InputOptions = [("pixel_format", "bgr24"), ("video_size", "64x48"), ("framerate", "25")] };

    private static void WritePattern(string path, int width, int height, int frames)
    {
        var pattern = new TestPattern(new TestPatternOptions { Width = width, Height = height });
        using var frame = Frame.Rent(PixelFormat.Bgr24, width, height);
        using var file = File.Create(path);
        for (int i = 0; i < frames; i++)
        {
            pattern.Draw(frame, i);
            file.Write(frame.Data);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void AssertGone(int id) => Assert.False(OperatingSystem.IsLinux() && Directory.Exists($"/proc/{id}"), "ffmpeg is still there, or its zombie");

    private static List<string> ProcessesWith(string mark)
    {
        List<string> found = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc").Where(f => int.TryParse(Path.GetFileName(f), out _)))
        {
            try
            {
                string line = File.ReadAllText(Path.Combine(folder, "cmdline"));
                if (line.Contains(mark, StringComparison.Ordinal))
                {
                    found.Add(line);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while it was looked at.
            }
        }

        return found;
    }

    private string Script(string body)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "scripts are run on Linux");
        string path = Path.Combine(_folder, "wrapper.sh");
        File.WriteAllText(path, "#!/bin/sh\n" + body + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }
}
