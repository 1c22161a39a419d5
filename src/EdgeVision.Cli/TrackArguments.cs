using System.CommandLine;
using System.Text;

namespace EdgeVision.Cli;

/// <summary>Trackers by name.</summary>
internal enum TrackerKind
{
    ByteTrack,
    OcSort,
    BotSort,
}

/// <summary>What <c>run --track</c> asks for.</summary>
internal sealed record TrackCall(TrackerKind Kind, double FrameRate, bool ByClass, bool Smooth, string? Looks, string? Mot);

/// <summary>The options of <c>run</c> that follow objects from picture to picture.</summary>
internal sealed class TrackArguments
{
    private readonly Option<TrackerKind?> _track = new("--track") { Description = "Take the pictures as the frames of a film, in the order of their names, and follow objects from one to the next. Prints what is on a track only; --conf is 0.1 then, for low scores keep tracks alive.", HelpName = "bytetrack|ocsort|botsort" };
    private readonly Option<double?> _rate = new("--fps") { Description = "Frames a second of the film (30): how long lost tracks are kept, and the time base of --smooth.", HelpName = "N" };
    private readonly Option<bool> _byClass = new("--track-by-class") { Description = "A track keeps to the class it began with." };
    private readonly Option<bool> _smooth = new("--smooth") { Description = "Steady the keypoints of tracked objects (One-Euro filter)." };
    private readonly Option<string?> _looks = new("--reid") { Description = "Embedding model that tells objects apart by their looks; for botsort.", HelpName = "FILE" };
    private readonly Option<string?> _mot = new("--mot") { Description = "Write the tracks as MOTChallenge text: frame,id,left,top,width,height,score,-1,-1,-1.", HelpName = "FILE" };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_track, _rate, _byClass, _smooth, _looks, _mot])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What the call asks for; null without <c>--track</c>.</summary>
    public TrackCall? Read(ParseResult parse)
    {
        double? rate = parse.GetValue(_rate);
        bool byClass = parse.GetValue(_byClass), smooth = parse.GetValue(_smooth);
        string? looks = parse.GetValue(_looks), mot = parse.GetValue(_mot);
        if (parse.GetValue(_track) is not { } kind)
        {
            return rate is null && !byClass && !smooth && looks is null && mot is null ? null
                : throw new WrongCallException("--fps, --track-by-class, --smooth, --reid and --mot need --track");
        }

        if (rate is not null and not (> 0 and <= 1000))
        {
            throw new WrongCallException("--fps lies above 0 and up to 1000");
        }

        if (looks is not null)
        {
            Shell.MustExist(looks, "embedding model");
            if (kind != TrackerKind.BotSort)
            {
                throw new WrongCallException("--reid is for --track botsort; the other trackers do not look at looks");
            }
        }

        return new TrackCall(kind, rate ?? 30, byClass, smooth, looks, mot);
    }
}

/// <summary>Follows objects through the pictures of one run.</summary>
internal sealed class Follower : IDisposable
{
    private readonly ITracker _tracker;
    private readonly TrackCall _call;
    private readonly KeypointSmoother? _smoother;
    private readonly VisionModel? _looks;
    private readonly VisionResult _look = new();
    private readonly TextWriter? _mot;
    private readonly HashSet<int> _ids = [];
    private float[] _embeddings = [];
    private bool _complete;

    public Follower(TrackCall call, VisionModel model)
    {
        _call = call;
        if (!model.FindsBoxes)
        {
            throw new WrongCallException($"--track follows boxes; '{model.Name}' finds none");
        }

        int buffer = 30;
        _tracker = call.Kind switch
        {
            TrackerKind.OcSort => new OcSortTracker(new OcSortOptions { ByClass = call.ByClass, MaxAge = Math.Max(1, (int)(call.FrameRate / 30 * buffer)) }),
            TrackerKind.BotSort => new BotSortTracker(new BotSortOptions { ByClass = call.ByClass, FrameRate = call.FrameRate }),
            _ => new ByteTracker(new ByteTrackOptions { ByClass = call.ByClass, FrameRate = call.FrameRate }),
        };
        _smoother = call.Smooth ? new KeypointSmoother() : null;
        if (call.Looks is not null)
        {
            _looks = VisionModel.Load(call.Looks);
            if (!_looks.GivesEmbedding)
            {
                _looks.Dispose();
                throw new WrongCallException($"--reid '{call.Looks}' gives no embedding");
            }
        }

        if (call.Mot is not null)
        {
            _mot = new StreamWriter(call.Mot + ".part", false, new UTF8Encoding(false));
        }
    }

    /// <summary>One picture on: sets track ids, drops what is on no track, smooths keypoints.</summary>
    public void Update(VisionResult result, Frame frame, long sequence)
    {
        if (_tracker is BotSortTracker looking && _looks is not null)
        {
            looking.Update(result.Detections, frame, Look(result.Detections, frame, out int length), length);
        }
        else
        {
            _tracker.Update(result.Detections, frame);
        }

        foreach (var track in _tracker.Tracks)
        {
            _ids.Add(track.Id);
        }

        if (_mot is not null)
        {
            MotFile.Write(_mot, sequence + 1, _tracker.Tracks);
        }

        result.Detections.KeepTracked();
        _smoother?.Smooth(result.Detections, TimeSpan.FromSeconds(sequence / _call.FrameRate));
    }

    /// <summary>Puts the tracks' file in its place.</summary>
    public void Complete()
    {
        if (_mot is not null)
        {
            _mot.Dispose();
            File.Move(_call.Mot + ".part", _call.Mot!, overwrite: true);
        }

        _complete = true;
    }

    public string Summary => $"{_ids.Count} {(_ids.Count == 1 ? "object was" : "objects were")} followed";

    public void Dispose()
    {
        _looks?.Dispose();
        _mot?.Dispose();
        if (!_complete && _mot is not null)
        {
            Console.Error.WriteLine($"edgevision: tracks written before the error are kept in {_call.Mot}.part");
        }
    }

    // A box outside the picture has no looks; zeros count as none.
    private ReadOnlySpan<float> Look(Detections detections, Frame frame, out int length)
    {
        length = 0;
        for (int i = 0; i < detections.Count; i++)
        {
            var b = detections.Boxes[i];
            var crop = new Box(Math.Max(0, b.X1), Math.Max(0, b.Y1), Math.Min(frame.Width, b.X2), Math.Min(frame.Height, b.Y2));
            bool seen = crop.Width >= 1 && crop.Height >= 1;
            if (seen)
            {
                _looks!.Run(frame, _look, crop);
                if (length == 0)
                {
                    length = _look.Embedding.Count;
                    _embeddings = _embeddings.Length >= length * detections.Count ? _embeddings : new float[length * detections.Count];
                    _embeddings.AsSpan().Clear();
                }

                _look.Embedding.Values.CopyTo(_embeddings.AsSpan(i * length));
            }
        }

        return _embeddings.AsSpan(0, length * detections.Count);
    }
}
