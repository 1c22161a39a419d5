using System.CommandLine;
using EdgeVision.Configuration;

namespace EdgeVision.Cli;

/// <summary>What <c>run --track</c> asks for.</summary>
internal sealed record TrackCall(TrackerKind Kind, double FrameRate, bool ByClass, bool Smooth, string? Looks, string? Mot)
{
    /// <summary>The same as a part of a pipeline.</summary>
    public TrackingConfig Config => new() { Tracker = Kind, FrameRate = FrameRate, ByClass = ByClass, Smooth = Smooth, Appearance = Looks };
}

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
    private readonly TrackObserver _observer;

    public Follower(TrackCall call, VisionModel model)
    {
        _call = call;
        if (!model.FindsBoxes)
        {
            throw new WrongCallException($"--track follows boxes; '{model.Name}' finds none");
        }

        _tracker = Create(call);
        _smoother = call.Smooth ? new KeypointSmoother() : null;
        _observer = new TrackObserver(call.Mot);
    }

    public string Summary => _observer.Summary;

    /// <summary>A tracker as the call has it.</summary>
    /// <exception cref="WrongCallException">The embedding model gives no embedding.</exception>
    public static ITracker Create(TrackCall call)
    {
        try
        {
            return TrackerFactory.Create(call.Config);
        }
        catch (PipelineConfigException)
        {
            throw new WrongCallException($"--reid '{call.Looks}' gives no embedding");
        }
    }

    /// <summary>One picture on: sets track ids, drops what is on no track, smooths keypoints.</summary>
    public void Update(VisionResult result, Frame frame, long sequence)
    {
        _tracker.Update(result.Detections, frame);
        _observer.Note(_tracker.Tracks, sequence);
        result.Detections.KeepTracked();
        _smoother?.Smooth(result.Detections, TimeSpan.FromSeconds(sequence / _call.FrameRate));
    }

    /// <summary>Puts the tracks' file in its place.</summary>
    public void Complete() => _observer.Complete();

    public void Dispose()
    {
        (_tracker as IDisposable)?.Dispose();
        _observer.Dispose();
    }
}
