using System.CommandLine;
using EdgeVision.Cli.Pipelines;
using EdgeVision.Configuration;
using EdgeVision.Tracking;

namespace EdgeVision.Cli;

/// <summary>Arguments of <c>run --track</c>.</summary>
internal sealed record TrackSettings(TrackerKind Kind, double FrameRate, bool ByClass, bool Smooth, string? Appearance, string? MotPath)
{
    /// <summary>Gets the same settings as part of a pipeline's configuration.</summary>
    public TrackingConfig Config => new() { Tracker = Kind, FrameRate = FrameRate, ByClass = ByClass, SmoothKeypoints = Smooth, AppearanceModel = Appearance };
}

/// <summary>Options of <c>run</c> that track objects across images.</summary>
internal sealed class TrackArguments
{
    private readonly Option<TrackerKind?> _track = new("--track")
    {
        Description = "Track objects with this tracker; images are taken as the frames of a video, in the order of their names. Only "
            + "tracked objects are reported. --conf is 0.1 by default, since low scores keep tracks alive.",
        HelpName = "bytetrack|ocsort|botsort",
    };
    private readonly Option<double?> _rate = new("--fps")
    {
        Description = "Frame rate in frames per second, above 0 and at most 1000: sets how long lost tracks are kept, and the time base "
            + "of --smooth. [default: 30]",
        HelpName = "N",
    };
    private readonly Option<bool> _byClass = new("--track-by-class")
    {
        Description = "Match detections only with tracks of the same class.",
    };
    private readonly Option<bool> _smooth = new("--smooth") { Description = "Smooth the keypoints of tracked objects (One-Euro filter)." };
    private readonly Option<string?> _looks = new("--reid")
    {
        Description = "Embedding model for matching by appearance; for --track botsort only.",
        HelpName = "FILE",
    };
    private readonly Option<string?> _mot = new("--mot")
    {
        Description = "Write the tracks to FILE as MOTChallenge text: frame,id,left,top,width,height,score,-1,-1,-1.",
        HelpName = "FILE",
    };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_track, _rate, _byClass, _smooth, _looks, _mot])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Returns the tracking arguments; null without <c>--track</c>.</summary>
    public TrackSettings? Read(ParseResult parse)
    {
        double? rate = parse.GetValue(_rate);
        bool byClass = parse.GetValue(_byClass), smooth = parse.GetValue(_smooth);
        string? looks = parse.GetValue(_looks), mot = parse.GetValue(_mot);
        if (parse.GetValue(_track) is not { } kind)
        {
            return rate is null && !byClass && !smooth && looks is null && mot is null ? null
                : throw new UsageException("--fps, --track-by-class, --smooth, --reid and --mot need --track");
        }

        if (rate is not null and not (> 0 and <= 1000))
        {
            throw new UsageException(FormattableString.Invariant($"--fps must be above 0 and at most 1000; got {rate}"));
        }

        if (looks is not null)
        {
            CommandHelpers.RequireFile(looks, "embedding model");
            if (kind != TrackerKind.BotSort)
            {
                throw new UsageException("--reid works only with --track botsort; the other trackers do not use appearance");
            }
        }

        return new TrackSettings(kind, rate ?? 30, byClass, smooth, looks, mot);
    }
}

/// <summary>Tracks objects across the images of one run.</summary>
internal sealed class SequenceTracker : IDisposable
{
    private readonly ITracker _tracker;
    private readonly TrackSettings _call;
    private readonly KeypointSmoother? _smoother;
    private readonly TrackObserver _observer;

    public SequenceTracker(TrackSettings call, VisionModel model)
    {
        _call = call;
        if (!model.DetectsBoxes)
        {
            throw new UsageException($"--track needs a model that detects boxes; '{model.Name}' does not");
        }

        _tracker = Create(call);
        _smoother = call.Smooth ? new KeypointSmoother() : null;
        _observer = new TrackObserver(call.MotPath);
    }

    public string Summary => _observer.Summary;

    /// <summary>Creates the tracker that the arguments describe.</summary>
    /// <exception cref="UsageException">The model of <c>--reid</c> produces no embedding.</exception>
    public static ITracker Create(TrackSettings call)
    {
        try
        {
            return TrackerFactory.Create(call.Config);
        }
        catch (PipelineConfigException)
        {
            throw new UsageException($"--reid must name an embedding model; '{call.Appearance}' produces no embedding");
        }
    }

    /// <summary>Processes the next image: sets track ids, removes objects without a track, smooths keypoints.</summary>
    public void Update(VisionResult result, Frame frame, long sequence)
    {
        _tracker.Update(result.Detections, frame);
        _observer.Record(_tracker.Tracks, sequence);
        result.Detections.RemoveUntracked();
        _smoother?.Smooth(result.Detections, TimeSpan.FromSeconds(sequence / _call.FrameRate));
    }

    /// <summary>Closes the file of tracks and moves it to its final name.</summary>
    public void Complete() => _observer.Complete();

    public void Dispose()
    {
        (_tracker as IDisposable)?.Dispose();
        _observer.Dispose();
    }
}
