using System.ComponentModel;
using System.Diagnostics;
using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Pipeline.Ffmpeg;

/// <summary>Reads files, RTSP and HTTP streams and cameras through the installed ffmpeg, with its hardware decoders.</summary>
/// <remarks>
/// ffmpeg writes raw frames to a pipe, which is read straight into the memory of the pool. In formats with subsampled chroma an odd last
/// column or row of the input is cut off. Frames of a file are timestamped at a constant rate, those of a live stream on arrival.
/// Credentials in an address are passed to ffmpeg on its standard input, never as an argument, and appear in no message;
/// <see cref="FfmpegOptions.InputArguments"/> are visible to all users.
/// </remarks>
public sealed class FfmpegSource : FrameSource
{
    private readonly FfmpegOptions _options;
    private readonly object _processLock = new();
    private Process? _process;
    private Stream? _frames;
    private FfmpegLog? _log;
    private (int Width, int Height) _size;
    private double? _rate;
    private volatile bool _aborted;
    private bool _ended;
    private long _sequence, _first;

    /// <summary>Creates a source; ffmpeg is started by <see cref="Open"/>.</summary>
    public FfmpegSource(FfmpegOptions options)
        : base(GetName(options ?? throw new ArgumentNullException(nameof(options))))
    {
        if (options is { Width: < 1 or > Frame.MaxSide }
            or { Height: < 1 or > Frame.MaxSide }
            or { FrameRate: not (null or (> 0 and <= 1000)) }
            || options.Start < TimeSpan.Zero)
        {
            throw new PipelineConfigException(
                $"'{Name}': width and height must be 1 to {Frame.MaxSide}, the rate above 0 and at most 1000, the start at least 0; "
                    + FormattableString.Invariant($"got {(object?)options.Width ?? "unset"}x{(object?)options.Height ?? "unset"}, ")
                    + FormattableString.Invariant($"rate {(object?)options.FrameRate ?? "unset"}, start {options.Start.TotalSeconds} s"));
        }

        if (options.Width is { } width && options.Height is { } height)
        {
            try
            {
                Frame.Rent(options.Format, width, height).Dispose();
            }
            catch (FrameFormatException e)
            {
                throw new PipelineConfigException($"'{Name}': {e.Message}", e);
            }
        }

        _options = options;
        IsLive = FfmpegArguments.IsLive(options);
    }

    /// <inheritdoc/>
    public override bool IsLive { get; }

    /// <inheritdoc/>
    public override double? FrameRate => _rate;

    /// <summary>Id of the ffmpeg process while it exists.</summary>
    internal int? ProcessId
    {
        get
        {
            lock (_processLock)
            {
                return _process?.Id;
            }
        }
    }

    /// <inheritdoc/>
    public override void Open(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (FfmpegArguments.IsFile(_options) && !File.Exists(_options.Input))
        {
            throw new SourceException($"file '{Name}' does not exist", canRetry: false);
        }

        string executable = _options.Executable ?? FfmpegProgram.Default;
        var arguments = FfmpegArguments.Create(_options, FfmpegProgram.GetVersion(executable));
        var start = new ProcessStartInfo(executable);
        foreach (string argument in arguments.Values)
        {
            start.ArgumentList.Add(argument);
        }

        lock (_processLock)
        {
            ThrowIfAborted();
            _process = FfmpegProgram.Start(start);
        }

        _frames = _process.StandardOutput.BaseStream;
        _log = new FfmpegLog(_process.StandardError);
        using var stop = cancel.UnsafeRegister(static source => ((FfmpegSource)source!).Kill(), this);
        try
        {
            _process.StandardInput.Write(arguments.StandardInput);
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The process has already ended; its log has the reason.
        }

        bool inTime = _log.WaitForOutput(_options.OpenTimeout, TimeProvider.System, cancel);
        cancel.ThrowIfCancellationRequested();
        ThrowIfAborted();
        if (!inTime)
        {
            Kill();
            throw new SourceException(
                FormattableString.Invariant(
                    $"'{Name}' delivered no frame within {_options.OpenTimeout.TotalSeconds:0.#} s: {_log.GetLastMessages()}"),
                IsLive);
        }

        if (_log.Size is not { } size)
        {
            Kill();
            string words = _log.GetLastMessages();
            // Wrong credentials stay wrong, and a camera may lock out a client that keeps trying.
            bool refused = words.Contains("401 ", StringComparison.Ordinal) || words.Contains("403 ", StringComparison.Ordinal);
            throw new SourceException($"'{Name}' cannot be opened: {words}", IsLive && !refused);
        }

        _size = size;
        _rate = _log.FrameRate is > 0 and <= 1000 ? _log.FrameRate : null;
    }

    /// <inheritdoc/>
    public override Frame? Read(FramePool pool, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(pool);
        cancel.ThrowIfCancellationRequested();
        ThrowIfAborted();
        if (_ended)
        {
            return null;
        }

        var stream = _frames ?? throw new InvalidOperationException($"'{Name}' is not open");
        using var stop = cancel.UnsafeRegister(static source => ((FfmpegSource)source!).Kill(), this);
        var frame = pool.Rent(_options.Format, _size.Width, _size.Height, Name, _sequence, GetDueTime(_sequence, _rate ?? 25));
        int read;
        try
        {
            read = stream.ReadAtLeast(frame.MutableData, frame.Data.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            read = 0;
        }

        if (read == frame.Data.Length)
        {
            if (IsLive)
            {
                long now = _options.Clock.GetTimestamp();
                _first = _sequence == 0 ? now : _first;
                frame.SetTimestamp(_options.Clock.GetElapsedTime(_first, now));
            }

            _sequence++;
            return frame;
        }

        frame.Dispose();
        cancel.ThrowIfCancellationRequested();
        ThrowIfAborted();
        _ended = true;
        End(read);
        return null;
    }

    /// <inheritdoc/>
    public override void Abort()
    {
        _aborted = true;
        Kill();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Kill();
        Process? process;
        lock (_processLock)
        {
            (process, _process) = (_process, null);
        }

        // Waiting makes sure that the process is gone and leaves no zombie.
        process?.WaitForExit(2000);
        process?.Dispose();
    }

    private static string GetName(FfmpegOptions options) =>
        options.Name is { Length: > 0 } name
            ? name
            : SourceAddress.Redact(string.IsNullOrEmpty(options.Input)
                ? throw new ArgumentException("the input must not be empty", nameof(options))
                : options.Input);

    // No frame was read: the end of the input, or an error.
    private void End(int read)
    {
        bool gone = _process!.WaitForExit(2000);
        string words = _log!.GetLastMessages();
        if (IsLive)
        {
            throw new SourceException($"'{Name}' ended: {words}");
        }

        if (!gone || _process.ExitCode != 0 || read > 0)
        {
            throw new SourceException($"'{Name}' failed after {_sequence} frames: {words}", canRetry: false);
        }

        // ffmpeg treats a truncated file as one that has ended.
        double seconds = _sequence / (_rate ?? 25) + _options.Start.TotalSeconds;
        if (_log.ErrorCount > 0
            && _log.Duration is { } duration
            && seconds < duration.TotalSeconds - Math.Max(0.2, duration.TotalSeconds / 100))
        {
            throw new SourceException(
                FormattableString.Invariant(
                    $"'{Name}' is truncated or damaged, only {seconds:0.0} of {duration.TotalSeconds:0.0} s could be read: {words}"),
                canRetry: false);
        }
    }

    private void ThrowIfAborted()
    {
        if (_aborted)
        {
            throw new SourceException($"'{Name}' was aborted while waiting");
        }
    }

    private void Kill()
    {
        lock (_processLock)
        {
            try
            {
                _process?.Kill(entireProcessTree: true);
            }
            catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
            {
                // The process has ended in the meantime.
            }
        }
    }
}
