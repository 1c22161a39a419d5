using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using EdgeVision.Diagnostics;
using EdgeVision.Frames;
using EdgeVision.Pipeline.Sinks;

namespace EdgeVision.Pipeline.Ffmpeg;

/// <summary>Encoding options of an <see cref="FfmpegVideoWriter"/>.</summary>
public sealed record FfmpegVideoOptions
{
    /// <summary>Program to run: a name on the PATH, or a path.</summary>
    public string Executable { get; init; } = "ffmpeg";

    /// <summary>ffmpeg's name of the encoder; null for libx264 where available, otherwise mpeg4; always mpeg4 in .avi.</summary>
    public string? Codec { get; init; }

    /// <summary>Bits per second; null for constant quality.</summary>
    public int? BitRate { get; init; }

    /// <summary>
    /// Constant rate factor of x264, 0 (lossless) to 51; other encoders use a fixed good quality. Ignored with a bit rate.
    /// </summary>
    public int Quality { get; init; } = 23;

    /// <summary>Preset of x264: trades encoding time for size.</summary>
    public string Preset { get; init; } = "veryfast";

    /// <summary>Further options of the output, such as for a hardware encoder: <c>-vf format=nv12,hwupload</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];
}

/// <summary>Writes a video through the installed ffmpeg, which reads the pixels from a pipe.</summary>
/// <remarks>
/// MP4 is written in fragments of about a second (Matroska in clusters), so that what was written stays playable if the process, or
/// ffmpeg, is killed.
/// </remarks>
public sealed class FfmpegVideoWriter : IVideoWriter
{
    private const int MaxErrorLines = 8;
    private const string Advice = "install ffmpeg (Debian: apt-get install ffmpeg) or set the program to run";
    private static readonly TimeSpan ExitTimeout = TimeSpan.FromSeconds(10);
    private static readonly ConcurrentDictionary<string, string> Encoders = new();

    private readonly Process _process;
    private readonly Queue<string> _errors = new();
    private readonly byte[] _tight;
    private bool _ended;

    /// <summary>Starts ffmpeg.</summary>
    /// <param name="target">Video to write: .mp4, .m4v, .mov, .mkv or .avi.</param>
    /// <param name="options">Encoding options.</param>
    /// <exception cref="SinkException">ffmpeg is missing, the folder cannot be created, or the extension is not supported.</exception>
    public FfmpegVideoWriter(VideoTarget target, FfmpegVideoOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(target.FrameRate);
        Target = target;
        options ??= new FfmpegVideoOptions();
        _tight = new byte[PackedFrame.GetByteCount(target.Format, target.Width, target.Height)];
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target.Path))!);
            PartFile.RenameLeftover(target.PartPath);
            _process = Start(options.Executable, CreateArguments(target, options), input: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.ToSinkException(target.Path, e);
        }

        _process.ErrorDataReceived += (_, line) => AddError(line.Data);
        _process.BeginErrorReadLine();
    }

    /// <inheritdoc/>
    public VideoTarget Target { get; }

    /// <summary>Returns whether <paramref name="executable"/> can be started.</summary>
    /// <param name="executable">A name on the PATH, or a path.</param>
    public static bool IsAvailable(string executable = "ffmpeg")
    {
        try
        {
            return GetEncoders(executable).Length > 0;
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
            throw new FrameFormatException(
                $"frames of '{Target.Path}' must be {Target.Width}x{Target.Height} {Target.Format}; "
                    + $"got {frame.Width}x{frame.Height} {frame.Format}");
        }

        var bytes = frame.Data;
        if (!PackedFrame.IsPacked(frame))
        {
            PackedFrame.Copy(frame, _tight);
            bytes = _tight;
        }

        try
        {
            _process.StandardInput.BaseStream.Write(bytes);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw CreateException(e);
        }
    }

    /// <inheritdoc/>
    public void Complete(CancellationToken cancel)
    {
        try
        {
            _process.StandardInput.Close();
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(ExitTimeout);
            // The error stream has been read to its end, too, when this returns.
            _process.WaitForExitAsync(limit.Token).GetAwaiter().GetResult();
            _ended = true;
            if (_process.ExitCode != 0)
            {
                throw CreateException(null);
            }

            File.Move(Target.PartPath, Target.Path, overwrite: true);
        }
        catch (OperationCanceledException e)
        {
            throw new SinkException(
                $"'{Target.Path}' was not completed in time; what was written is in '{Target.PartPath}'", e, canRetry: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CreateException(e);
        }
    }

    /// <summary>
    /// Ends ffmpeg. Without <see cref="Complete"/>, the video written so far stays, playable, in <see cref="VideoTarget.PartPath"/>.
    /// </summary>
    public void Dispose()
    {
        if (!_ended)
        {
            _ended = true;
            try
            {
                _process.Kill();
                _process.WaitForExit(ExitTimeout);
            }
            catch (InvalidOperationException)
            {
                // The process has already ended.
            }
        }

        _process.Dispose();
    }

    private static List<string> CreateArguments(VideoTarget target, FfmpegVideoOptions options)
    {
        string encoders = GetEncoders(options.Executable); // also if the codec is given: fails with a clear message if ffmpeg is missing
        // AVI cannot store the timestamps that H.264 needs.
        bool avi = Path.GetExtension(target.Path).Equals(".avi", StringComparison.OrdinalIgnoreCase);
        string codec = options.Codec ?? (!avi && encoders.Contains(" libx264 ", StringComparison.Ordinal) ? "libx264" : "mpeg4");
        string rate = target.FrameRate.ToString("0.######", CultureInfo.InvariantCulture);
        List<string> arguments =
        [
            "-hide_banner", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", GetFormatName(target.Format),
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
            // Every player supports 4:2:0, which needs even sides: odd ones are padded with a black column or row.
            arguments.AddRange(["-pix_fmt", "yuv420p", "-colorspace", "smpte170m", "-color_range", "tv"]);
            if (target.Width % 2 != 0 || target.Height % 2 != 0)
            {
                arguments.AddRange(["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2"]);
            }
        }

        arguments.AddRange(options.Arguments);
        arguments.AddRange(Path.GetExtension(target.Path).ToLowerInvariant() switch
        {
            // The header is delayed until the first fragment, so that time starts at 0 even if the encoder looks ahead.
            ".mp4" or ".m4v" or ".mov" => ["-movflags", "+frag_keyframe+delay_moov+default_base_moof"],
            ".mkv" => ["-cluster_time_limit", "1000"],
            ".avi" => (string[])[],
            string other => throw new SinkException(
                $"'{target.Path}' must end in .mp4, .m4v, .mov, .mkv or .avi; got '{other}'", canRetry: false),
        });
        arguments.Add("file:" + target.PartPath); // so that a name with a colon is not taken for a protocol
        return arguments;
    }

    private static string GetFormatName(PixelFormat format) => format switch
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

    private static string GetEncoders(string executable) => Encoders.GetOrAdd(executable, static name =>
    {
        using var process = Start(name, ["-hide_banner", "-encoders"], input: false);
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        string list = FfmpegProgram.ReadOutput(process)
            ?? throw new SinkException($"'{name}' did not list its encoders in time; check that it runs, or set another program");
        return list.Length > 0 ? list : throw new SinkException($"'{name}' cannot be started; {Advice}", canRetry: false);
    });

    private static Process Start(string executable, IEnumerable<string> arguments, bool input)
    {
        // In a session of its own, so that Ctrl+C in a terminal reaches only the pipeline, which then completes the file.
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
            throw new SinkException($"'{executable}' cannot be started: {ErrorText.ToSingleLine(e.Message)}; {Advice}", e, canRetry: false);
        }
    }

    private void AddError(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        lock (_errors)
        {
            if (_errors.Count == MaxErrorLines)
            {
                _errors.Dequeue();
            }

            _errors.Enqueue(line);
        }
    }

    private SinkException CreateException(Exception? inner)
    {
        // Its last messages arrive shortly after the pipe breaks.
        _process.WaitForExit(TimeSpan.FromSeconds(2));
        string said;
        lock (_errors)
        {
            said = _errors.Count > 0
                ? string.Join("; ", _errors)
                : inner?.Message ?? FormattableString.Invariant($"ffmpeg exited with code {_process.ExitCode}");
        }

        string text = $"writing to '{Target.Path}' failed: {ErrorText.ToSingleLine(said)}";
        return inner is null ? new SinkException(text) : new SinkException(text, inner);
    }
}
