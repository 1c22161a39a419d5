using EdgeVision.Pipeline.Ffmpeg;
using EdgeVision.Pipeline.Sinks;

namespace EdgeVision.Pipeline.Skia;

/// <summary>Writes frames with arbitrary times into a video of a constant rate that lasts as long as they did.</summary>
/// <remarks>
/// A frame is repeated until the next one's time; one that arrives too early for its own slot is dropped. The rate is
/// estimated from the first frames unless given. A change of size, or a writer that failed, starts another file with
/// <c>-2</c>, <c>-3</c>… after its name.
/// </remarks>
internal sealed class ConstantRateVideo : IDisposable
{
    private const int RateSampleFrames = 8;
    private const double DefaultFrameRate = 25;

    // Common rates of cameras and films; timestamps in milliseconds only approximate them.
    private static readonly double[] CommonFrameRates =
    [
        1, 2, 3, 4, 5, 6, 7.5, 8, 10, 12, 12.5, 15, 20, 24000 / 1001.0, 24, 25, 30000 / 1001.0, 30, 50, 60000 / 1001.0, 60, 90, 100, 120,
    ];

    private readonly Func<VideoTarget, IVideoWriter> _create;
    private readonly string _path;
    private readonly TimeSpan _longestGap;
    private readonly List<Frame> _held = [];
    private double? _rate;
    private IVideoWriter? _writer;
    private VideoTarget? _target;
    private Frame? _last;
    private TimeSpan _origin;
    private long _next;
    private int _part;

    public ConstantRateVideo(Func<VideoTarget, IVideoWriter> create, string path, double? rate, TimeSpan longestGap) =>
        (_create, _path, _rate, _longestGap) = (create, path, rate, longestGap);

    /// <summary>Gets the files that are complete.</summary>
    public List<string> Files { get; } = [];

    /// <summary>Adds an image at its <see cref="Frame.Timestamp"/>; takes ownership of one reference.</summary>
    /// <exception cref="SinkException">The file cannot be written; the next image starts another one.</exception>
    public void Add(Frame picture)
    {
        if (_rate is null)
        {
            _held.Add(picture);
            if (_held.Count == RateSampleFrames)
            {
                WriteBuffered();
            }

            return;
        }

        WriteFrame(picture);
    }

    /// <summary>Completes the file and renames it to its final name.</summary>
    public void Complete(CancellationToken cancel)
    {
        WriteBuffered();
        if (_writer is not null)
        {
            End(cancel);
        }
    }

    public void Dispose()
    {
        foreach (var picture in _held)
        {
            picture.Dispose();
        }

        _held.Clear();
        _writer?.Dispose();
        _writer = null;
        _last?.Dispose();
        _last = null;
    }

    /// <summary>Estimates the frames per second of these timestamps, rounded to a common rate if one is near.</summary>
    internal static double EstimateFrameRate(IReadOnlyList<TimeSpan> times)
    {
        double[] apart = [.. times.Zip(times.Skip(1), (a, b) => (b - a).TotalSeconds).Where(s => s > 0).Order()];
        if (apart.Length == 0)
        {
            return DefaultFrameRate;
        }

        // The mean of the intervals near the median, so that timestamps in whole milliseconds average out and gaps do not count.
        double middle = apart[apart.Length / 2];
        double rate = Math.Clamp(1 / apart.Where(s => s > 0.7 * middle && s < 1.4 * middle).Average(), 0.1, 240);
        double near = CommonFrameRates.MinBy(c => Math.Abs(c - rate));
        return Math.Abs(near - rate) <= 0.03 * rate ? near : Math.Round(rate, 2);
    }

    private void WriteBuffered()
    {
        if (_held.Count == 0)
        {
            return;
        }

        _rate ??= EstimateFrameRate([.. _held.Select(f => f.Timestamp)]);
        var held = _held.ToArray();
        _held.Clear();
        for (int i = 0; i < held.Length; i++)
        {
            try
            {
                WriteFrame(held[i]);
            }
            catch
            {
                foreach (var rest in held.AsSpan(i + 1))
                {
                    rest.Dispose();
                }

                throw;
            }
        }
    }

    private void WriteFrame(Frame picture)
    {
        try
        {
            if (_writer is not null && (picture.Width != _writer.Target.Width || picture.Height != _writer.Target.Height))
            {
                End(CancellationToken.None);
            }

            _writer ??= Begin(picture);
            long place = FrameIndexOf(picture.Timestamp);
            if (place >= _next)
            {
                for (; _next < place; _next++)
                {
                    _writer.Write(_last!);
                }

                _writer.Write(picture);
                _next++;
            }

            _last?.Dispose();
            _last = picture;
        }
        catch
        {
            picture.Dispose();
            _writer?.Dispose();
            _writer = null;
            throw;
        }
    }

    // After a long gap or a restart of the source, continue where the video stopped instead of repeating one image for the
    // whole gap.
    private long FrameIndexOf(TimeSpan timestamp)
    {
        if (_last is { } last && _next > 0 && (timestamp < last.Timestamp || timestamp - last.Timestamp > _longestGap))
        {
            _origin = timestamp - TimeSpan.FromSeconds(_next / _rate!.Value);
        }

        return (long)Math.Round((timestamp - _origin).TotalSeconds * _rate!.Value);
    }

    private IVideoWriter Begin(Frame picture)
    {
        // A writer that failed before it wrote anything, as on a full disk, leaves its number to the next file.
        if (_part == 0 || _next > 0 && !IsEmpty(_target!))
        {
            _part++;
        }

        string path = _part == 1 ? _path : FileNames.InsertSuffix(_path, FormattableString.Invariant($"-{_part}"));
        _target = new VideoTarget(path, picture.Width, picture.Height, _rate!.Value);
        (_origin, _next) = (picture.Timestamp, 0);
        return _create(_target);
    }

    // Written frames may never have passed the pipe to the encoder.
    private static bool IsEmpty(VideoTarget target) =>
        !File.Exists(target.Path) && new FileInfo(target.PartPath) is { Exists: true, Length: 0 };

    private void End(CancellationToken cancel)
    {
        var writer = _writer!;
        _writer = null;
        using (writer)
        {
            writer.Complete(cancel);
            Files.Add(writer.Target.Path);
        }
    }
}
