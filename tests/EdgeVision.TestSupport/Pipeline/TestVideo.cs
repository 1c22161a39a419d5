using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using EdgeVision.Pipeline.Ffmpeg;
using Xunit;

namespace EdgeVision.TestSupport.Pipeline;

/// <summary>What a video file says of itself, by the installed ffprobe.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Frames">Frames that can be decoded.</param>
/// <param name="Seconds">Time of the last frame's end.</param>
/// <param name="Codec">Its codec.</param>
internal sealed record TestVideo(int Width, int Height, int Frames, double Seconds, string Codec)
{
    /// <summary>Skips the test where ffmpeg is not installed.</summary>
    public static void NeedsFfmpeg() => Assert.SkipUnless(FfmpegVideoWriter.IsAvailable(), "ffmpeg is not installed (Debian: apt-get install ffmpeg)");

    /// <summary>Decodes all of a file and counts.</summary>
    public static TestVideo Read(string path)
    {
        using var process = Process.Start(new ProcessStartInfo("ffprobe",
            ["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height,codec_name:frame=pts_time,best_effort_timestamp_time,pkt_duration_time", "-of", "json", path])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        using var json = JsonDocument.Parse(output);
        var stream = json.RootElement.GetProperty("streams")[0];
        double[] times = [.. json.RootElement.GetProperty("frames").EnumerateArray().Select(f => double.Parse(f.GetProperty("best_effort_timestamp_time").GetString()!, CultureInfo.InvariantCulture))];
        double end = times.Length > 1 ? times[^1] + (times[1] - times[0]) : 0;
        return new TestVideo(stream.GetProperty("width").GetInt32(), stream.GetProperty("height").GetInt32(), times.Length, end, stream.GetProperty("codec_name").GetString()!);
    }
}
