using System.Diagnostics;

namespace EdgeVision;

/// <summary>How one frame spent its time, for its trace. Stages follow one another; those of no length leave no span.</summary>
/// <param name="Source">Name of the source.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Sequence">Number of the frame in its source.</param>
/// <param name="CapturedAt">When the frame was read.</param>
public readonly record struct FrameTrace(string Source, string Model, long Sequence, DateTimeOffset CapturedAt)
{
    /// <summary>Wait in the queue before the model.</summary>
    public TimeSpan Queue { get; init; }

    /// <summary>Frame to tensor.</summary>
    public TimeSpan Preprocess { get; init; }

    /// <summary>The network.</summary>
    public TimeSpan Inference { get; init; }

    /// <summary>Tensors to results.</summary>
    public TimeSpan Postprocess { get; init; }

    /// <summary>Tracking, further models and rules.</summary>
    public TimeSpan Analysis { get; init; }

    /// <summary>Whole time from capture to the sinks; where it is less than the stages' sum, that counts.</summary>
    public TimeSpan Total { get; init; }

    /// <summary>Things that were found.</summary>
    public int Detections { get; init; }

    /// <summary>What the frame failed of, without credentials; null where it did not.</summary>
    public string? Error { get; init; }
}

/// <summary>
/// Traces frames through the activity source <c>EdgeVision</c>: one span a frame with a child for each stage, written after the fact from the measured
/// times, so that nothing is on the frame's way and nothing is done where nobody listens.
/// </summary>
public static class PipelineTracing
{
    /// <summary>Name of the activity source.</summary>
    public const string SourceName = "EdgeVision";

    private static readonly ActivitySource Activities = new(SourceName, typeof(PipelineTracing).Assembly.GetName().Version?.ToString(3));

    /// <summary>Whether anybody listens; where not, a trace need not even be put together.</summary>
    public static bool IsOn => Activities.HasListeners();

    /// <summary>Writes the trace of one frame.</summary>
    public static void Write(in FrameTrace trace)
    {
        if (!IsOn)
        {
            return;
        }

        // A frame begins a trace of its own, whatever the thread happens to be part of; and children are given their parent outright.
        var around = Activity.Current;
        Activity.Current = null;
        try
        {
            using var frame = Activities.StartActivity("frame", ActivityKind.Internal, parentContext: default, startTime: trace.CapturedAt);
            if (frame is null)
            {
                return;
            }

            frame.SetTag("edgevision.source.name", trace.Source).SetTag("edgevision.model.name", trace.Model).SetTag("edgevision.frame.sequence", trace.Sequence)
                .SetTag("edgevision.frame.detections", trace.Detections);
            if (trace.Error is { } error)
            {
                frame.SetStatus(ActivityStatusCode.Error, error);
            }

            var at = trace.CapturedAt;
            at = Stage("queue", frame.Context, at, trace.Queue);
            at = Stage("preprocess", frame.Context, at, trace.Preprocess);
            at = Stage("inference", frame.Context, at, trace.Inference);
            at = Stage("postprocess", frame.Context, at, trace.Postprocess);
            at = Stage("analysis", frame.Context, at, trace.Analysis);
            var end = trace.CapturedAt + trace.Total;
            frame.SetEndTime((end > at ? end : at).UtcDateTime);
        }
        catch (Exception)
        {
            // Listeners are anybody's code; a frame is not lost for its trace.
        }
        finally
        {
            Activity.Current = around;
        }
    }

    private static DateTimeOffset Stage(string name, ActivityContext parent, DateTimeOffset start, TimeSpan duration)
    {
        var end = start + duration;
        if (duration > TimeSpan.Zero)
        {
            using var stage = Activities.StartActivity(name, ActivityKind.Internal, parent, startTime: start);
            stage?.SetEndTime(end.UtcDateTime);
        }

        return end;
    }
}
