using System.Text;

namespace EdgeVision.Cli;

/// <summary>Trackers that are looked at: how many objects they followed, and their tracks as MOTChallenge text. Each source has its own, on a thread of its own.</summary>
internal sealed class TrackObserver : IDisposable
{
    private readonly Lock _lock = new();
    private readonly HashSet<int> _ids = [];
    private readonly string? _path;
    private readonly TextWriter? _mot;
    private bool _complete;

    /// <param name="mot">File of the tracks, which has its name once complete; null for none.</param>
    public TrackObserver(string? mot)
    {
        _path = mot;
        _mot = mot is null ? null : new StreamWriter(mot + ".part", false, new UTF8Encoding(false));
    }

    public string Summary => $"{_ids.Count} {(_ids.Count == 1 ? "object was" : "objects were")} followed";

    /// <summary>Notes a tracker's tracks after a frame.</summary>
    public void Note(ReadOnlySpan<Track> tracks, long sequence)
    {
        lock (_lock)
        {
            foreach (var track in tracks)
            {
                _ids.Add(track.Id);
            }

            if (_mot is not null)
            {
                MotFile.Write(_mot, sequence + 1, tracks);
            }
        }
    }

    /// <summary>The same tracker, whose every frame is noted.</summary>
    public ITracker Observe(ITracker tracker) => new Observed(tracker, this);

    /// <summary>Puts the tracks' file in its place.</summary>
    public void Complete()
    {
        if (_mot is not null)
        {
            _mot.Dispose();
            File.Move(_path + ".part", _path!, overwrite: true);
        }

        _complete = true;
    }

    public void Dispose()
    {
        _mot?.Dispose();
        if (!_complete && _mot is not null)
        {
            Console.Error.WriteLine($"edgevision: tracks written before the end are kept in {_path}.part");
        }
    }

    private sealed class Observed(ITracker tracker, TrackObserver observer) : ITracker, IDisposable
    {
        public ReadOnlySpan<Track> Tracks => tracker.Tracks;

        public void Update(Detections detections, Frame? frame = null)
        {
            tracker.Update(detections, frame);
            if (frame is not null) // a gap in time is filled with frames that never were
            {
                observer.Note(tracker.Tracks, frame.Sequence);
            }
        }

        public void Reset() => tracker.Reset();

        public void Dispose() => (tracker as IDisposable)?.Dispose();
    }
}
