using System.Diagnostics.CodeAnalysis;

namespace EdgeVision;

/// <summary>
/// The bounded queues in front of a model, one for each of its sources, and whose turn it is. Turns are taken by virtual time (start-time fair
/// queueing): each source that has frames waiting gets the model in proportion to its weight, and one that was idle does not save up turns.
/// </summary>
internal sealed class FrameScheduler
{
    private readonly Lane[] _lanes;
    private readonly object _lock = new();
    private readonly TimeProvider _clock;
    private readonly int _maxBatch;
    private readonly TimeSpan _maxWait;
    private double _virtualTime;
    private int _open;
    private long _tickets;
    private bool _stopped, _offered, _live, _gathering;

    public FrameScheduler(IReadOnlyList<LaneOptions> lanes, int maxBatch, TimeSpan maxWait, TimeProvider clock)
    {
        _lanes = [.. lanes.Select(l => new Lane(l))];
        (_maxBatch, _maxWait, _clock, _open) = (maxBatch, maxWait, clock, lanes.Count);
        Room = Math.Max(4, 2 * maxBatch);
    }

    /// <summary>Frames of one source that may be in the model and behind it.</summary>
    public int Room { get; }

    /// <summary>How a source's queue behaves.</summary>
    public sealed record LaneOptions(int Capacity, TimeSpan? MaxAge, double Weight, int Every, SourceLedger Ledger);

    /// <summary>A frame whose turn it is, and whether the model looks at it.</summary>
    public readonly record struct Turn(PipelineFrame Frame, int Lane, bool Infer);

    /// <summary>Puts a captured frame into its source's queue, or drops what the policy says; takes over the caller's share. Waits where the policy is to wait.</summary>
    /// <param name="lane">The source's number among the model's sources.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="policy">What happens where the queue is full.</param>
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
            to.Options.Ledger.Dropped(reason);
            dropped.Dispose();
        }
    }

    /// <summary>Says that a source will offer nothing more.</summary>
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

    /// <summary>Drops everything and gives no more turns.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _stopped = true;
            foreach (var lane in _lanes)
            {
                while (lane.Frames.TryDequeue(out var frame))
                {
                    lane.Options.Ledger.Dropped(DropReason.Stopped);
                    frame.Dispose();
                }
            }

            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>
    /// Waits for frames and takes those whose turn it is: up to the batch for the model, with the frames between that it need not look at, in an
    /// order that keeps each source's own.
    /// </summary>
    /// <param name="turns">Emptied and filled.</param>
    /// <param name="ticket">Number of this taking, from 0 without gaps: results go on in this order.</param>
    /// <param name="ahead">
    /// Whether this is taken to be prepared while the model runs on others. Frames that would be dropped for newer ones are not: what is taken
    /// early is old when its run begins.
    /// </param>
    /// <returns>False once there will be no more.</returns>
    public bool Take(List<Turn> turns, out long ticket, bool ahead = false)
    {
        turns.Clear();
        ticket = -1;
        lock (_lock)
        {
            // One gathers at a time: two that wait for company would share a source's frames out between them, and its order would be lost.
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

    /// <summary>Says that a frame that was taken has left what follows the model, one way or the other.</summary>
    public void Release(int lane)
    {
        lock (_lock)
        {
            _lanes[lane].Ahead--;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits for the first frame.</summary>
    /// <returns>Whether frames may be taken ahead.</returns>
    public bool AwaitFirst()
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

    private bool TakeLocked(List<Turn> turns, bool ahead)
    {
        int batch = 0;
        long first = 0;
        while (true)
        {
            while (batch < _maxBatch && !(ahead && _live) && Next(out var lane))
            {
                batch += Take(lane, turns) ? 1 : 0;
            }

            if (turns.Count > 0)
            {
                Monitor.PulseAll(_lock); // who waits for room
                first = first == 0 ? _clock.GetTimestamp() : first;
                // Frames that the model skips do not wait for company.
                var left = batch == 0 || batch == _maxBatch || _stopped || _open == 0 ? TimeSpan.Zero : _maxWait - _clock.GetElapsedTime(first);
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

    // The source with the least virtual time of those that have frames; what has grown too old goes first.
    private bool Next([NotNullWhen(true)] out Lane? next)
    {
        next = null;
        foreach (var lane in _lanes)
        {
            while (lane.Options.MaxAge is { } most && lane.Frames.TryPeek(out var oldest) && _clock.GetElapsedTime(oldest.Captured) > most)
            {
                lane.Frames.Dequeue().Dispose();
                lane.Options.Ledger.Dropped(DropReason.Stale);
                Monitor.PulseAll(_lock);
            }

            // A source whose results are held up downstream waits, and the others have its turns.
            if (lane.Frames.Count > 0 && lane.Ahead < Room && (next is null || lane.Pass < next.Pass))
            {
                next = lane;
            }
        }

        return next is not null;
    }

    private bool Take(Lane lane, List<Turn> turns)
    {
        var frame = lane.Frames.Dequeue();
        lane.Ahead++;
        bool infer = lane.Taken++ % lane.Options.Every == 0;
        if (infer)
        {
            _virtualTime = lane.Pass;
            lane.Pass += 1 / lane.Options.Weight;
        }

        frame.Queued = _clock.GetElapsedTime(frame.Captured);
        lane.Options.Ledger.Queue.Record(frame.Queued);
        turns.Add(new Turn(frame, Array.IndexOf(_lanes, lane), infer));
        return infer;
    }

    private sealed class Lane(LaneOptions options)
    {
        public LaneOptions Options => options;

        public Queue<PipelineFrame> Frames { get; } = new();

        public double Pass { get; set; }

        public long Taken { get; set; }

        /// <summary>Frames taken that are not yet through with what follows.</summary>
        public int Ahead { get; set; }

        public bool Ended { get; set; }
    }
}
