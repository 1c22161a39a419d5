using System.Diagnostics;

namespace EdgeVision.Pipeline.Ledger;

/// <summary>Timings of one frame, for its trace. Stages follow one another; stages of zero duration have no span.</summary>
/// <param name="Source">Name of the source.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Sequence">Sequence number of the frame in its source.</param>
/// <param name="CapturedAt">Time at which the frame was read.</param>
public readonly record struct FrameTrace(string Source, string Model, long Sequence, DateTimeOffset CapturedAt)
{
    /// <summary>Wait in the queue in front of the model.</summary>
    public TimeSpan Queue { get; init; }

    /// <summary>Time from frame to tensor.</summary>
    public TimeSpan Preprocess { get; init; }

    /// <summary>Time of the network.</summary>
    public TimeSpan Inference { get; init; }

    /// <summary>Time from tensors to results.</summary>
    public TimeSpan Postprocess { get; init; }

    /// <summary>Time of tracking, crop models and rules.</summary>
    public TimeSpan Analysis { get; init; }

    /// <summary>Total time from capture to the sinks; if less than the sum of the stages, that sum is used.</summary>
    public TimeSpan Total { get; init; }

    /// <summary>Number of detections.</summary>
    public int Detections { get; init; }

    /// <summary>Error of a failed frame, without credentials; null for success.</summary>
    public string? Error { get; init; }
}

/// <summary>Traces frames through the activity source <c>EdgeVision</c>: one span per frame with a child span per stage.</summary>
/// <remarks>
/// Spans are written afterwards from the measured times, so that tracing adds no delay to a frame and costs nothing without a listener.
/// </remarks>
public static class PipelineTracing
{
    /// <summary>Name of the activity source.</summary>
    public const string SourceName = "EdgeVision";

    private static readonly ActivitySource Activities = new(SourceName, typeof(PipelineTracing).Assembly.GetName().Version?.ToString(3));

    /// <summary>Gets whether there is a listener; without one, no trace needs to be assembled.</summary>
    public static bool IsEnabled => Activities.HasListeners();

    /// <summary>Writes the trace of one frame.</summary>
    public static void Write(in FrameTrace trace)
    {
        if (!IsEnabled)
        {
            return;
        }

        // A frame starts a trace of its own, regardless of the current activity of the thread; child spans get their parent explicitly.
        var around = Activity.Current;
        Activity.Current = null;
        try
        {
            using var frame = Activities.StartActivity("frame", ActivityKind.Internal, parentContext: default, startTime: trace.CapturedAt);
            if (frame is null)
            {
                return;
            }

            frame.SetTag("edgevision.source.name", trace.Source)
                .SetTag("edgevision.model.name", trace.Model)
                .SetTag("edgevision.frame.sequence", trace.Sequence)
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
            // Listeners are user code; a failing trace must not cost a frame.
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
