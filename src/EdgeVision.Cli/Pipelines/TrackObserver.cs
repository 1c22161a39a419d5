using System.Text;
using EdgeVision.Evaluation.Mot;
using EdgeVision.Tracking;

namespace EdgeVision.Cli.Pipelines;

/// <summary>Counts the objects that trackers follow, and writes their tracks as MOTChallenge text.</summary>
/// <remarks>Thread-safe: each source has its own tracker and thread.</remarks>
internal sealed class TrackObserver : IDisposable
{
    private readonly Lock _lock = new();
    private readonly HashSet<int> _ids = [];
    private readonly string? _path;
    private readonly TextWriter? _mot;
    private bool _complete;

    /// <param name="mot">File for the tracks, which gets this name when complete; null for none.</param>
    public TrackObserver(string? mot)
    {
        _path = mot;
        _mot = mot is null ? null : new StreamWriter(mot + ".part", false, new UTF8Encoding(false));
    }

    public string Summary => $"{_ids.Count} {(_ids.Count == 1 ? "object" : "objects")} tracked";

    /// <summary>Records the tracks of a tracker after a frame.</summary>
    public void Record(ReadOnlySpan<Track> tracks, long sequence)
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

    /// <summary>Wraps a tracker so that its tracks are recorded after every frame.</summary>
    public ITracker Wrap(ITracker tracker) => new RecordingTracker(tracker, this);

    /// <summary>Closes the file of tracks and moves it to its final name.</summary>
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
            Console.Error.WriteLine($"edgevision: the incomplete tracks are kept in {_path}.part");
        }
    }

    private sealed class RecordingTracker(ITracker tracker, TrackObserver observer) : ITracker, IDisposable
    {
        public ReadOnlySpan<Track> Tracks => tracker.Tracks;

        public void Update(Detections detections, Frame? frame = null)
        {
            tracker.Update(detections, frame);
            if (frame is not null) // updates without a frame only bridge a gap in time
            {
                observer.Record(tracker.Tracks, frame.Sequence);
            }
        }

        public void Reset() => tracker.Reset();

        public void Dispose() => (tracker as IDisposable)?.Dispose();
    }
}
