namespace EdgeVision.Messaging;

/// <summary>
/// Decides which frames become messages. A frame is first asked for and counted once it was sent, so that one whose sending failed finds the
/// same answer when it is tried again.
/// </summary>
internal sealed class MessageFilter(FrameSelection frames, double? maxPerSecond, TimeProvider clock)
{
    private readonly Dictionary<string, TimeSpan> _next = [];
    private readonly TimeSpan _interval = maxPerSecond is { } rate ? TimeSpan.FromSeconds(1 / rate) : TimeSpan.Zero;
    private readonly long _start = clock.GetTimestamp();

    /// <summary>Whether the frame becomes a message now.</summary>
    public bool Takes(PipelineFrame frame)
    {
        if (frame.Events.Count > 0)
        {
            return true;
        }

        return frames == FrameSelection.Every
            && (maxPerSecond is null || !_next.TryGetValue(frame.Source, out var next) || clock.GetElapsedTime(_start) >= next);
    }

    /// <summary>The frame was sent: the source's next one is due an interval later.</summary>
    public void Sent(PipelineFrame frame)
    {
        if (maxPerSecond is null)
        {
            return;
        }

        // Counted from when this one was due, not from when it came, so that frames that do not come in step with the limit still reach it;
        // what a pause would have had room for is not made up for.
        var now = clock.GetElapsedTime(_start);
        var due = _next.TryGetValue(frame.Source, out var next) && next > now - _interval ? next : now;
        _next[frame.Source] = (due > now ? now : due) + _interval;
    }
}
