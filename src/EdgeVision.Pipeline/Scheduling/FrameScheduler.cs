using System.Diagnostics.CodeAnalysis;
using EdgeVision.Pipeline.Ledger;

namespace EdgeVision.Pipeline.Scheduling;

/// <summary>Holds a bounded queue per source in front of a model and decides whose frames run next.</summary>
/// <remarks>
/// Scheduling uses virtual time (start-time fair queueing): each source with frames waiting gets the model in proportion to its weight,
/// and an idle source does not accumulate credit.
/// </remarks>
internal sealed class FrameScheduler
{
    private readonly SourceQueue[] _lanes;
    private readonly object _lock = new();
    private readonly TimeProvider _clock;
    private readonly int _maxBatch;
    private readonly TimeSpan _maxWait;
    private double _virtualTime;
    private int _open;
    private long _tickets;
    private bool _stopped, _offered, _live, _gathering;

    public FrameScheduler(IReadOnlyList<SourceQueueOptions> lanes, int maxBatch, TimeSpan maxWait, TimeProvider clock)
    {
        _lanes = [.. lanes.Select(l => new SourceQueue(l))];
        (_maxBatch, _maxWait, _clock, _open) = (maxBatch, maxWait, clock, lanes.Count);
        MaxInFlight = Math.Max(4, 2 * maxBatch);
    }

    /// <summary>Maximum number of frames of one source in the model and in the stages after it.</summary>
    public int MaxInFlight { get; }

    /// <summary>Settings of the queue of one source.</summary>
    public sealed record SourceQueueOptions(int Capacity, TimeSpan? MaxAge, double Weight, int FrameInterval, SourceCounters Ledger);

    /// <summary>Frame that has been scheduled, and whether the model runs on it.</summary>
    public readonly record struct ScheduledFrame(PipelineFrame Frame, int Lane, bool Infer);

    /// <summary>
    /// Enqueues a captured frame, or drops a frame as the policy says; takes ownership of it. Waits where the policy is
    /// <see cref="QueuePolicy.Wait"/>.
    /// </summary>
    /// <param name="lane">Index of the source among the sources of the model.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="policy">Handling of a full queue.</param>
    public void Offer(int lane, PipelineFrame frame, QueuePolicy policy)
    {
        var to = _lanes[lane];
        PipelineFrame? dropped = null;
        var reason = DropReason.Policy;
        lock (_lock)
        {
            while (!_stopped && policy == QueuePolicy.Wait && to.Frames.Count >= to.Options.Capacity)
            {
                Monitor.Wait(_lock);
            }

            int capacity = policy == QueuePolicy.Latest ? 1 : to.Options.Capacity;
            if (_stopped)
            {
                (dropped, reason) = (frame, DropReason.Stopped);
            }
            else if (to.Frames.Count >= capacity && policy == QueuePolicy.DropNewest)
            {
                dropped = frame;
            }
            else
            {
                _offered = true;
                _live |= policy != QueuePolicy.Wait;
                if (to.Frames.Count >= capacity)
                {
                    dropped = to.Frames.Dequeue();
                }
                else if (to.Frames.Count == 0)
                {
                    to.Pass = Math.Max(to.Pass, _virtualTime);
                }

                to.Frames.Enqueue(frame);
                Monitor.PulseAll(_lock);
            }
        }

        if (dropped is not null)
        {
            to.Options.Ledger.RecordDropped(reason);
            dropped.Dispose();
        }
    }

    /// <summary>Signals that a source offers no more frames.</summary>
    public void End(int lane)
    {
        lock (_lock)
        {
            if (!_lanes[lane].Ended)
            {
                _lanes[lane].Ended = true;
                _open--;
                Monitor.PulseAll(_lock);
            }
        }
    }

    /// <summary>Drops all queued frames and schedules no more.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _stopped = true;
            foreach (var lane in _lanes)
            {
                while (lane.Frames.TryDequeue(out var frame))
                {
                    lane.Options.Ledger.RecordDropped(DropReason.Stopped);
                    frame.Dispose();
                }
            }

            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits for frames and takes the next ones: up to a batch for the model, and the skipped frames between them.</summary>
    /// <param name="turns">Receives the frames; cleared first.</param>
    /// <param name="ticket">Sequence number of this call, from 0 without gaps: results are passed on in this order.</param>
    /// <param name="ahead">
    /// True to take frames that are prepared while the model runs on others. Refused for sources that drop frames for newer ones:
    /// frames taken early are old when their run begins.
    /// </param>
    /// <returns>False once no more frames follow.</returns>
    /// <remarks>The order of the frames of each source is kept.</remarks>
    public bool Take(List<ScheduledFrame> turns, out long ticket, bool ahead = false)
    {
        turns.Clear();
        ticket = -1;
        lock (_lock)
        {
            // One thread gathers at a time: two that wait for a full batch would split the frames of a source between them and lose
            // their order.
            while (_gathering)
            {
                Monitor.Wait(_lock);
            }

            _gathering = true;
            try
            {
                if (!TakeLocked(turns, ahead))
                {
                    return false;
                }

                ticket = _tickets++;
                return true;
            }
            finally
            {
                _gathering = false;
                Monitor.PulseAll(_lock);
            }
        }
    }

    /// <summary>Signals that a frame that was taken has left the stages after the model.</summary>
    public void Release(int lane)
    {
        lock (_lock)
        {
            _lanes[lane].InFlight--;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits for the first frame.</summary>
    /// <returns>True if frames may be taken ahead.</returns>
    public bool WaitForFirstFrame()
    {
        lock (_lock)
        {
            while (!_offered && !_stopped && _open > 0)
            {
                Monitor.Wait(_lock);
            }

            return _offered && !_stopped && !_live;
        }
    }

    private bool TakeLocked(List<ScheduledFrame> turns, bool ahead)
    {
        int batch = 0;
        long first = 0;
        while (true)
        {
            while (batch < _maxBatch && !(ahead && _live) && TryGetNext(out var lane))
            {
                batch += Take(lane, turns) ? 1 : 0;
            }

            if (turns.Count > 0)
            {
                Monitor.PulseAll(_lock); // for writers that wait for space
                first = first == 0 ? _clock.GetTimestamp() : first;
                // Frames that the model skips do not wait for a full batch.
                var left = batch == 0 || batch == _maxBatch || _stopped || _open == 0
                    ? TimeSpan.Zero
                    : _maxWait - _clock.GetElapsedTime(first);
                if (left <= TimeSpan.Zero)
                {
                    return true;
                }

                Monitor.Wait(_lock, left);
            }
            else if (_stopped || ahead && _live || _open == 0 && Array.TrueForAll(_lanes, l => l.Frames.Count == 0))
            {
                return false;
            }
            else
            {
                Monitor.Wait(_lock);
            }
        }
    }

    // The source with the lowest virtual time among those with frames; frames over their maximum age are dropped first.
    private bool TryGetNext([NotNullWhen(true)] out SourceQueue? next)
    {
        next = null;
        foreach (var lane in _lanes)
        {
            while (lane.Options.MaxAge is { } most && lane.Frames.TryPeek(out var oldest) && _clock.GetElapsedTime(oldest.CapturedTimestamp) > most)
            {
                lane.Frames.Dequeue().Dispose();
                lane.Options.Ledger.RecordDropped(DropReason.Stale);
                Monitor.PulseAll(_lock);
            }

            // A source whose results are blocked downstream waits; the other sources get the model.
            if (lane.Frames.Count > 0 && lane.InFlight < MaxInFlight && (next is null || lane.Pass < next.Pass))
            {
                next = lane;
            }
        }

        return next is not null;
    }

    private bool Take(SourceQueue lane, List<ScheduledFrame> turns)
    {
        var frame = lane.Frames.Dequeue();
        lane.InFlight++;
        bool infer = lane.Taken++ % lane.Options.FrameInterval == 0;
        if (infer)
        {
            _virtualTime = lane.Pass;
            lane.Pass += 1 / lane.Options.Weight;
        }

        frame.QueueTime = _clock.GetElapsedTime(frame.CapturedTimestamp);
        lane.Options.Ledger.Queue.Record(frame.QueueTime);
        turns.Add(new ScheduledFrame(frame, Array.IndexOf(_lanes, lane), infer));
        return infer;
    }

    private sealed class SourceQueue(SourceQueueOptions options)
    {
        public SourceQueueOptions Options => options;

        public Queue<PipelineFrame> Frames { get; } = new();

        public double Pass { get; set; }

        public long Taken { get; set; }

        /// <summary>Number of frames taken that have not left the stages after the model.</summary>
        public int InFlight { get; set; }

        public bool Ended { get; set; }
    }
}
