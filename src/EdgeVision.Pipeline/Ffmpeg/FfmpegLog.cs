using System.Globalization;
using System.Text.RegularExpressions;
using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Pipeline.Ffmpeg;

/// <summary>Parses ffmpeg's error stream: size and rate of its output, length of its input, and its last errors.</summary>
/// <remarks>The stream is read to its end on a thread of its own, so that ffmpeg never waits for a reader.</remarks>
internal sealed partial class FfmpegLog
{
    private const int MaxErrors = 4, MaxLineLength = 240;

    private static readonly string[] ErrorPrefixes = ["[error] ", "[fatal] ", "[panic] "];

    private readonly object _lock = new();
    private readonly Queue<string> _errors = new();
    private readonly Thread _reader;
    private string _last = "";
    private bool _outputBegan;

    public FfmpegLog(StreamReader stream)
    {
        _reader = new Thread(() => ReadLines(stream)) { IsBackground = true, Name = "ffmpeg's messages" };
        _reader.Start();
    }

    /// <summary>Size of the output frames, once known.</summary>
    public (int Width, int Height)? Size { get; private set; }

    /// <summary>Frames per second of the output; null if unknown.</summary>
    public double? FrameRate { get; private set; }

    /// <summary>Length of the input; null if unknown.</summary>
    public TimeSpan? Duration { get; private set; }

    /// <summary>Number of errors so far.</summary>
    public int ErrorCount { get; private set; }

    private bool Ended { get; set; }

    /// <summary>Waits until the output is known or ffmpeg has ended; false on timeout or cancellation.</summary>
    public bool WaitForOutput(TimeSpan timeout, TimeProvider clock, CancellationToken cancel)
    {
        long start = clock.GetTimestamp();
        using var wake = cancel.UnsafeRegister(static log => ((FfmpegLog)log!).Wake(), this);
        lock (_lock)
        {
            while (Size is null && !Ended)
            {
                var left = timeout - clock.GetElapsedTime(start);
                if (left <= TimeSpan.Zero || cancel.IsCancellationRequested)
                {
                    return false;
                }

                Monitor.Wait(_lock, left);
            }

            return true;
        }
    }

    /// <summary>Returns the last errors in one line without credentials, or the last line if there are none.</summary>
    /// <remarks>Waits a moment for lines that are still in the pipe.</remarks>
    public string GetLastMessages()
    {
        _reader.Join(TimeSpan.FromMilliseconds(500));
        lock (_lock)
        {
            return _errors.Count > 0 ? string.Join("; ", _errors.Distinct()) : _last.Length > 0 ? _last : "no message from ffmpeg";
        }
    }

    private void ReadLines(StreamReader stream)
    {
        try
        {
            while (stream.ReadLine() is { } line)
            {
                lock (_lock)
                {
                    ParseLine(line);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The process has ended, and its stream with it.
        }

        lock (_lock)
        {
            Ended = true;
            Monitor.PulseAll(_lock);
        }
    }

    private void ParseLine(string line)
    {
        foreach (string mark in ErrorPrefixes)
        {
            int at = line.IndexOf(mark, StringComparison.Ordinal);
            if (at >= 0)
            {
                ErrorCount++;
                _errors.Enqueue(Shorten(line[(at + mark.Length)..]));
                if (_errors.Count > MaxErrors)
                {
                    _errors.Dequeue();
                }

                return;
            }
        }

        _last = line.Length > 0 ? Shorten(line) : _last;
        if (Size is not null)
        {
            return;
        }

        if (!_outputBegan)
        {
            _outputBegan = line.StartsWith("[info] Output #0", StringComparison.Ordinal);
            if (Duration is null
                && DurationPattern().Match(line) is { Success: true } length
                && TimeSpan.TryParse(length.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out var duration))
            {
                Duration = duration;
            }
        }
        else if (line.Contains("Video: rawvideo", StringComparison.Ordinal)
            && SizePattern().Match(line) is { Success: true } shape
            && int.TryParse(shape.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out int width)
            && int.TryParse(shape.Groups[2].ValueSpan, CultureInfo.InvariantCulture, out int height))
        {
            FrameRate = RatePattern().Match(line) is { Success: true } rate
                ? SnapToNtsc(double.Parse(rate.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * (rate.Groups[2].Length > 0 ? 1000 : 1))
                : null;
            Size = (width, height);
            Monitor.PulseAll(_lock);
        }
    }

    // ffmpeg rounds to two digits: 29.97 stands for 30000/1001.
    private static double SnapToNtsc(double printed)
    {
        double ntsc = Math.Round(printed * 1.001) / 1.001;
        return printed != Math.Floor(printed) && Math.Abs(ntsc - printed) < 0.006 ? ntsc : printed;
    }

    // Redacted before it is shortened: credentials in an address that was cut off would no longer be recognized.
    private static string Shorten(string line)
    {
        string shown = SourceAddress.Redact(line).Trim();
        return shown.Length <= MaxLineLength ? shown : shown[..MaxLineLength].Trim() + "…";
    }

    private void Wake()
    {
        lock (_lock)
        {
            Monitor.PulseAll(_lock);
        }
    }

    [GeneratedRegex(@", (\d{1,6})x(\d{1,6})(?=[ ,])", RegexOptions.CultureInvariant)]
    private static partial Regex SizePattern();

    [GeneratedRegex(@", (\d+(?:\.\d+)?)(k?) fps", RegexOptions.CultureInvariant)]
    private static partial Regex RatePattern();

    [GeneratedRegex(@"^\[info\]   Duration: (\d+:\d+:\d+\.\d+),", RegexOptions.CultureInvariant)]
    private static partial Regex DurationPattern();
}
