using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace EdgeVision;

/// <summary>How <see cref="FfmpegVideoWriter"/> encodes.</summary>
public sealed record FfmpegVideoOptions
{
    /// <summary>The program: a name on the PATH, or a path.</summary>
    public string Executable { get; init; } = "ffmpeg";

    /// <summary>ffmpeg's name of the encoder; null: libx264 where that ffmpeg has it, else mpeg4; mpeg4 in .avi.</summary>
    public string? Codec { get; init; }

    /// <summary>Bits a second; null: constant quality.</summary>
    public int? BitRate { get; init; }

    /// <summary>Constant rate factor of x264, 0 (lossless) to 51; other encoders have a fixed good quality. Not with a bit rate.</summary>
    public int Quality { get; init; } = 23;

    /// <summary>Preset of x264: how much time it takes.</summary>
    public string Preset { get; init; } = "veryfast";

    /// <summary>Further options of the output, as for a hardware encoder: <c>-vf format=nv12,hwupload</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];
}

/// <summary>
/// Writes a video by the installed ffmpeg, which reads the pixels from a pipe. MP4 is written in fragments of about a second (and Matroska in
/// clusters), so that what was written stays playable when the process, or ffmpeg, is killed.
/// </summary>
public sealed class FfmpegVideoWriter : IVideoWriter
{
    private const int ErrorLines = 8;
    private const string Advice = "install ffmpeg (Debian: apt-get install ffmpeg) or name the program";
    private static readonly TimeSpan ExitTime = TimeSpan.FromSeconds(10);
    private static readonly ConcurrentDictionary<string, string> Encoders = new();

    private readonly Process _process;
    private readonly Queue<string> _errors = new();
    private readonly byte[] _tight;
    private bool _ended;

    /// <summary>Starts ffmpeg.</summary>
    /// <param name="target">The video: .mp4, .m4v, .mov, .mkv or .avi.</param>
    /// <param name="options">How to encode.</param>
    /// <exception cref="SinkException">There is no ffmpeg, the folder cannot be made, or the extension is none of these.</exception>
    public FfmpegVideoWriter(VideoTarget target, FfmpegVideoOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(target.FrameRate);
        Target = target;
        options ??= new FfmpegVideoOptions();
        _tight = new byte[FrameBytes.Count(target.Format, target.Width, target.Height)];
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target.Path))!);
            PartFile.KeepAside(target.PartPath);
            _process = Start(options.Executable, Arguments(target, options), input: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Sink(target.Path, e);
        }

        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginErrorReadLine();
    }

    /// <inheritdoc/>
    public VideoTarget Target { get; }

    /// <summary>Whether <paramref name="executable"/> can be started.</summary>
    /// <param name="executable">A name on the PATH, or a path.</param>
    public static bool IsAvailable(string executable = "ffmpeg")
    {
        try
        {
            return EncodersOf(executable).Length > 0;
        }
        catch (SinkException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Write(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (frame.Format != Target.Format || frame.Width != Target.Width || frame.Height != Target.Height)
        {
            throw new FrameFormatException($"'{Target.Path}' takes {Target.Format} of {Target.Width}x{Target.Height}; this frame is {frame.Format} of {frame.Width}x{frame.Height}");
        }

        var bytes = frame.Data;
        if (!FrameBytes.IsTight(frame))
        {
            FrameBytes.Copy(frame, _tight);
            bytes = _tight;
        }

        try
        {
            _process.StandardInput.BaseStream.Write(bytes);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw Failure(e);
        }
    }

    /// <inheritdoc/>
    public void Complete(CancellationToken cancel)
    {
        try
        {
            _process.StandardInput.Close();
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(ExitTime);
            // The pipe to read errors from is at its end too when this returns.
            _process.WaitForExitAsync(limit.Token).GetAwaiter().GetResult();
            _ended = true;
            if (_process.ExitCode != 0)
            {
                throw Failure(null);
            }

            File.Move(Target.PartPath, Target.Path, overwrite: true);
        }
        catch (OperationCanceledException e)
        {
            throw new SinkException($"'{Target.Path}' was not ended in time; what was written is in '{Target.PartPath}'", e, canRetry: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(e);
        }
    }

    /// <summary>Ends ffmpeg. Without <see cref="Complete"/> what it has written stays, playable, in <see cref="VideoTarget.PartPath"/>.</summary>
    public void Dispose()
    {
        if (!_ended)
        {
            _ended = true;
            try
            {
                _process.Kill();
                _process.WaitForExit(ExitTime);
            }
            catch (InvalidOperationException)
            {
                // It has ended by itself.
            }
        }

        _process.Dispose();
    }

    private static List<string> Arguments(VideoTarget target, FfmpegVideoOptions options)
    {
        string encoders = EncodersOf(options.Executable); // also where the codec is named: says clearly that there is no ffmpeg
        bool avi = Path.GetExtension(target.Path).Equals(".avi", StringComparison.OrdinalIgnoreCase); // has no place for the times that H.264 needs
        string codec = options.Codec ?? (!avi && encoders.Contains(" libx264 ", StringComparison.Ordinal) ? "libx264" : "mpeg4");
        string rate = target.FrameRate.ToString("0.######", CultureInfo.InvariantCulture);
        List<string> arguments =
        [
            "-hide_banner", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", NameOf(target.Format),
            "-s", FormattableString.Invariant($"{target.Width}x{target.Height}"), "-r", rate, "-i", "pipe:0",
            "-an", "-c:v", codec, "-g", Math.Max(1, (int)Math.Round(target.FrameRate)).ToString(CultureInfo.InvariantCulture),
        ];
        if (options.BitRate is { } bits)
        {
            arguments.AddRange(["-b:v", bits.ToString(CultureInfo.InvariantCulture)]);
        }
        else if (codec.StartsWith("libx26", StringComparison.Ordinal))
        {
            arguments.AddRange(["-crf", options.Quality.ToString(CultureInfo.InvariantCulture)]);
        }
        else if (codec == "mpeg4")
        {
            arguments.AddRange(["-q:v", "3"]);
        }

        if (codec.StartsWith("libx26", StringComparison.Ordinal))
        {
            arguments.AddRange(["-preset", options.Preset]);
        }

        if (options.Arguments.Count == 0)
        {
            // Every player shows 4:2:0, which has even sides: a column or row of black is added to odd ones.
            arguments.AddRange(["-pix_fmt", "yuv420p", "-colorspace", "smpte170m", "-color_range", "tv"]);
            if (target.Width % 2 != 0 || target.Height % 2 != 0)
            {
                arguments.AddRange(["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2"]);
            }
        }

        arguments.AddRange(options.Arguments);
        arguments.AddRange(Path.GetExtension(target.Path).ToLowerInvariant() switch
        {
            // The head waits for the first fragment, so that it can say where time begins: at 0, also where the encoder looks ahead.
            ".mp4" or ".m4v" or ".mov" => ["-movflags", "+frag_keyframe+delay_moov+default_base_moof"],
            ".mkv" => ["-cluster_time_limit", "1000"],
            ".avi" => (string[])[],
            string other => throw new SinkException($"'{target.Path}' must end in .mp4, .m4v, .mov, .mkv or .avi, not '{other}'", canRetry: false),
        });
        arguments.Add("file:" + target.PartPath); // so that a name with a colon is no protocol
        return arguments;
    }

    private static string NameOf(PixelFormat format) => format switch
    {
        PixelFormat.Gray8 => "gray",
        PixelFormat.Bgr24 => "bgr24",
        PixelFormat.Rgb24 => "rgb24",
        PixelFormat.Rgba32 => "rgba",
        PixelFormat.Nv12 => "nv12",
        PixelFormat.I420 => "yuv420p",
        PixelFormat.Yuy2 => "yuyv422",
        _ => "bgra",
    };

    private static string EncodersOf(string executable) => Encoders.GetOrAdd(executable, static name =>
    {
        using var process = Start(name, ["-hide_banner", "-encoders"], input: false);
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        string list = FfmpegProgram.OutputOf(process) ?? throw new SinkException($"'{name}' did not name its encoders in time; see whether it runs by itself, or name another program");
        return list.Length > 0 ? list : throw new SinkException($"'{name}' cannot be started; {Advice}", canRetry: false);
    });

    private static Process Start(string executable, IEnumerable<string> arguments, bool input)
    {
        // In a session of its own, so that Ctrl+C at a terminal reaches the pipeline alone, which then ends the file in order.
        bool apart = OperatingSystem.IsLinux() && File.Exists("/usr/bin/setsid");
        var start = new ProcessStartInfo(apart ? "/usr/bin/setsid" : executable, apart ? [executable, .. arguments] : arguments)
        {
            RedirectStandardInput = input,
            RedirectStandardOutput = !input,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new SinkException($"'{executable}' cannot be started: {OneLine.Of(e.Message)}; {Advice}", e, canRetry: false);
        }
    }

    private void Note(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        lock (_errors)
        {
            if (_errors.Count == ErrorLines)
            {
                _errors.Dequeue();
            }

            _errors.Enqueue(line);
        }
    }

    private SinkException Failure(Exception? inner)
    {
        // Its last words come a moment after the broken pipe.
        _process.WaitForExit(TimeSpan.FromSeconds(2));
        string said;
        lock (_errors)
        {
            said = _errors.Count > 0 ? string.Join("; ", _errors) : inner?.Message ?? FormattableString.Invariant($"ffmpeg ended with {_process.ExitCode}");
        }

        string text = $"'{Target.Path}' cannot be written on: {OneLine.Of(said)}";
        return inner is null ? new SinkException(text) : new SinkException(text, inner);
    }
}
