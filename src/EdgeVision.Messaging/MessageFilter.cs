using EdgeVision.Pipeline;

namespace EdgeVision.Messaging;

/// <summary>Decides which frames are sent as messages.</summary>
/// <remarks>A frame is counted only after it was sent, so that a retry after a failed send gets the same answer.</remarks>
internal sealed class MessageFilter(FrameSelection frames, double? maxPerSecond, TimeProvider clock)
{
    private readonly Dictionary<string, TimeSpan> _next = [];
    private readonly TimeSpan _interval = maxPerSecond is { } rate ? TimeSpan.FromSeconds(1 / rate) : TimeSpan.Zero;
    private readonly long _start = clock.GetTimestamp();

    /// <summary>Returns whether the frame is to be sent now.</summary>
    public bool ShouldSend(PipelineFrame frame)
    {
        if (frame.Events.Count > 0)
        {
            return true;
        }

        return frames == FrameSelection.All
            && (maxPerSecond is null || !_next.TryGetValue(frame.Source, out var next) || clock.GetElapsedTime(_start) >= next);
    }

    /// <summary>Records that the frame was sent; the source's next one is due an interval later.</summary>
    public void MarkSent(PipelineFrame frame)
    {
        if (maxPerSecond is null)
        {
            return;
        }

        // Counted from when this frame was due, not from when it arrived, so that frames out of step with the limit still
        // reach it; a pause does not allow a burst afterwards.
        var now = clock.GetElapsedTime(_start);
        var due = _next.TryGetValue(frame.Source, out var next) && next > now - _interval ? next : now;
        _next[frame.Source] = (due > now ? now : due) + _interval;
    }
}
