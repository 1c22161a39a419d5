namespace EdgeVision.Imaging;

/// <summary>
/// Frames at whatever times into a video of one rate, so that it lasts as long as they did: a frame is repeated until the next one's time, and one that comes
/// too early for a place of its own is left out. The rate is learned from the first frames where nobody says it. Another size, and a writer that
/// failed, begin another file, with <c>-2</c>, <c>-3</c>… behind its name.
/// </summary>
internal sealed class PacedVideo : IDisposable
{
    private const int Learn = 8;
    private const double Unknown = 25;

    // Rates of cameras and films; timestamps of milliseconds come near them only.
    private static readonly double[] Common = [1, 2, 3, 4, 5, 6, 7.5, 8, 10, 12, 12.5, 15, 20, 24000 / 1001.0, 24, 25, 30000 / 1001.0, 30, 50, 60000 / 1001.0, 60, 90, 100, 120];

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

    public PacedVideo(Func<VideoTarget, IVideoWriter> create, string path, double? rate, TimeSpan longestGap) =>
        (_create, _path, _rate, _longestGap) = (create, path, rate, longestGap);

    /// <summary>Files that are complete.</summary>
    public List<string> Files { get; } = [];

    /// <summary>Adds a picture at its <see cref="Frame.Timestamp"/>; takes over the caller's share.</summary>
    /// <exception cref="SinkException">The file cannot be written on; the next picture begins another.</exception>
    public void Add(Frame picture)
    {
        if (_rate is null)
        {
            _held.Add(picture);
            if (_held.Count == Learn)
            {
                PutHeld();
            }

            return;
        }

        Put(picture);
    }

    /// <summary>Ends the file and gives it its name.</summary>
    public void Complete(CancellationToken cancel)
    {
        PutHeld();
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

    /// <summary>Frames a second of pictures at these times: what most of them are apart, as one of the common rates where it is near one.</summary>
    internal static double RateOf(IReadOnlyList<TimeSpan> times)
    {
        double[] apart = [.. times.Zip(times.Skip(1), (a, b) => (b - a).TotalSeconds).Where(s => s > 0).Order()];
        if (apart.Length == 0)
        {
            return Unknown;
        }

        // The mean of what is about as far apart as most, so that times in whole milliseconds add up and gaps do not count.
        double middle = apart[apart.Length / 2], rate = Math.Clamp(1 / apart.Where(s => s > 0.7 * middle && s < 1.4 * middle).Average(), 0.1, 240);
        double near = Common.MinBy(c => Math.Abs(c - rate));
        return Math.Abs(near - rate) <= 0.03 * rate ? near : Math.Round(rate, 2);
    }

    private void PutHeld()
    {
        if (_held.Count == 0)
        {
            return;
        }

        _rate ??= RateOf([.. _held.Select(f => f.Timestamp)]);
        var held = _held.ToArray();
        _held.Clear();
        for (int i = 0; i < held.Length; i++)
        {
            try
            {
                Put(held[i]);
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

    private void Put(Frame picture)
    {
        try
        {
            if (_writer is not null && (picture.Width != _writer.Target.Width || picture.Height != _writer.Target.Height))
            {
                End(CancellationToken.None);
            }

            _writer ??= Begin(picture);
            long place = PlaceOf(picture.Timestamp);
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

    // A source that was away, or began anew, goes on where it stopped: nobody wants to see an hour of one picture.
    private long PlaceOf(TimeSpan timestamp)
    {
        if (_last is { } last && _next > 0 && (timestamp < last.Timestamp || timestamp - last.Timestamp > _longestGap))
        {
            _origin = timestamp - TimeSpan.FromSeconds(_next / _rate!.Value);
        }

        return (long)Math.Round((timestamp - _origin).TotalSeconds * _rate!.Value);
    }

    private IVideoWriter Begin(Frame picture)
    {
        // A writer that failed before anything of its file was written, as on a full disk, leaves its number to the next.
        if (_part == 0 || _next > 0 && !IsEmpty(_target!))
        {
            _part++;
        }

        string path = _part == 1 ? _path : FileNames.WithMark(_path, FormattableString.Invariant($"-{_part}"));
        _target = new VideoTarget(path, picture.Width, picture.Height, _rate!.Value);
        (_origin, _next) = (picture.Timestamp, 0);
        return _create(_target);
    }

    // What was written may never have got beyond the pipe to the encoder.
    private static bool IsEmpty(VideoTarget target) => !File.Exists(target.Path) && new FileInfo(target.PartPath) is { Exists: true, Length: 0 };

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
