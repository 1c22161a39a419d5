using EdgeVision.Pipeline.Ffmpeg;
using Xunit;

namespace EdgeVision.Pipeline.Tests.Sources;

/// <summary>What ffmpeg is told: options stay options, inputs stay inputs, and credentials are no argument.</summary>
public sealed class FfmpegArgumentsTests
{
    private static readonly Version Debian = new(5, 1);

    [Theory]
    [InlineData("-version", "file:-version")] // would be an option
    [InlineData("a:b.mp4", "file:a:b.mp4")] // would be a protocol
    [InlineData("concat:/etc/passwd|x", "file:concat:/etc/passwd|x")] // would read what it names
    [InlineData("C:\\video.mp4", "file:C:\\video.mp4")] // a drive is no protocol
    [InlineData("rtsp://host/a", "rtsp://host/a")] // an address stays one
    [InlineData("/dev/video0", "/dev/video0")] // a device
    public void An_input_cannot_become_something_else(string input, string argument)
    {
        var list = FfmpegArguments.Create(new FfmpegOptions { Input = input }, Debian).Values;
        Assert.Equal(argument, list[list.ToList().IndexOf("-i") + 1]);
    }

    [Fact]
    public void Credentials_go_to_standard_input()
    {
        var arguments = FfmpegArguments.Create(new FfmpegOptions { Input = "rtsp://user:it's%40secret@host/a", InputOptions = [("x", "y")] }, Debian);
        Assert.DoesNotContain(arguments.Values, a => a.Contains("secret", StringComparison.Ordinal));
        Assert.Contains(@"file 'rtsp://user:it'\''s%40secret@host/a'", arguments.StandardInput);
        Assert.Contains("option 'rtsp_transport' 'tcp'", arguments.StandardInput);
        Assert.Contains("option 'x' 'y'", arguments.StandardInput);
        Assert.Equal("", FfmpegArguments.Create(new FfmpegOptions { Input = "rtsp://host/a" }, Debian).StandardInput);
    }

    [Fact]
    public void An_old_ffmpeg_is_told_no_credentials() // its lists take no options, and arguments are open to all
    {
        var error = Assert.Throws<SourceException>(() => FfmpegArguments.Create(new FfmpegOptions { Input = "rtsp://user:secret@host/a" }, new Version(4, 4)));
        Assert.DoesNotContain("secret", error.Message);
        Assert.False(error.CanRetry);
    }

    [Fact]
    public void A_line_break_cannot_add_to_the_list() =>
        Assert.Throws<SourceException>(() => FfmpegArguments.Create(new FfmpegOptions { Input = "rtsp://u:p@host/a\nfile '/etc/passwd'" }, Debian));

    [Theory]
    [InlineData("rtsp://h/a", null, true)]
    [InlineData("srt://h:1", null, true)]
    [InlineData("/dev/video0", "v4l2", true)]
    [InlineData("video.mp4", null, false)]
    [InlineData("http://h/a.mp4", null, false)] // a file elsewhere
    [InlineData("testsrc", "lavfi", false)]
    public void What_is_live_is_seen_from_the_address(string input, string? format, bool live) =>
        Assert.Equal(live, FfmpegArguments.IsLive(new FfmpegOptions { Input = input, InputFormat = format }));

    [Theory]
    [InlineData("4.4", "-stimeout", "-vsync")]
    [InlineData("5.0", "-timeout", "-vsync")]
    [InlineData("5.1", "-timeout", "-fps_mode")]
    [InlineData("99.0", "-timeout", "-fps_mode")] // a development build
    public void Options_are_those_of_the_version(string version, string timeout, string pace)
    {
        var list = FfmpegArguments.Create(new FfmpegOptions { Input = "rtsp://host/a" }, Version.Parse(version)).Values;
        Assert.Contains(timeout, list);
        Assert.Equal("passthrough", list[list.ToList().IndexOf(pace) + 1]);
    }

    [Fact]
    public void Hardware_options_are_passed_in_front_of_the_input()
    {
        var options = new FfmpegOptions
        {
            Input = "a.mp4", HardwareAcceleration = "vaapi", HardwareDevice = "/dev/dri/renderD128", InputArguments = ["-c:v", "h264_v4l2m2m"],
            Start = TimeSpan.FromSeconds(1.5), Loop = true, Filter = "yadif", FrameRate = 12.5, Width = 320,
        };
        string line = string.Join(' ', FfmpegArguments.Create(options, Debian).Values);
        Assert.Contains("-hwaccel vaapi -hwaccel_device /dev/dri/renderD128 -ss 1.5 -stream_loop -1 -c:v h264_v4l2m2m -i file:a.mp4", line);
        Assert.Contains("-vf yadif,fps=12.5,scale=w=320:h=-2:out_color_matrix=bt601:out_range=tv,format=nv12 -fps_mode cfr", line);
    }
}
