using System.Runtime.InteropServices;
using EdgeVision.Profiling.Measurement;

namespace EdgeVision.Profiling.Operators;

/// <summary>Aggregates the runs of a profile by node.</summary>
internal sealed class OperatorProfileBuilder
{
    private readonly Dictionary<(int Parent, string Name, string Index), int> _ids = [];
    private readonly List<ProfiledNode> _nodes = [];
    private readonly List<ProfiledEvent> _events = [];
    private readonly List<ProfiledRun> _runs = [];
    private readonly Stack<int> _open = []; // events that may contain the next one
    private readonly List<(int Order, OrtEvent Entry)> _sorted = [];

    /// <summary>Reads a profile, skipping warm-up runs and subtracting the cost of profiling from each node's time.</summary>
    /// <param name="json">Profile written by ONNX Runtime.</param>
    /// <param name="warmup">Number of runs to skip.</param>
    /// <param name="runs">Number of runs expected after them.</param>
    /// <param name="cost">Cost of profiling per node.</param>
    public static OperatorProfile Read(Stream json, int warmup, int runs, ProfilingOverhead cost)
    {
        var builder = new OperatorProfileBuilder();
        foreach (var run in OrtProfile.ReadRuns(json).Skip(warmup))
        {
            builder.Add(run);
        }

        return builder._runs.Count == runs
            ? new OperatorProfile(builder._nodes, builder._events, builder._runs, cost)
            : throw new EdgeVisionException(
                $"ONNX Runtime kept {builder._runs.Count} of {runs} profiled runs, as it keeps a million events at most; use fewer runs");
    }

    private void Add(OrtRun run)
    {
        _runs.Add(new ProfiledRun(run.RunEvent.Start, run.RunEvent.Duration, run.Executor?.Duration ?? 0, _events.Count, run.Nodes.Count));

        // By start; of two that start in the same microsecond the longer first; of two equally long ones the one that ended later first,
        // as it contains the other.
        _sorted.Clear();
        _sorted.AddRange(run.Nodes.Select((entry, order) => (order, entry)));
        _sorted.Sort((a, b) => a.Entry.Start != b.Entry.Start ? a.Entry.Start.CompareTo(b.Entry.Start)
            : a.Entry.Duration != b.Entry.Duration ? b.Entry.Duration.CompareTo(a.Entry.Duration)
            : b.Order.CompareTo(a.Order));
        _open.Clear();
        foreach (var (_, entry) in _sorted)
        {
            while (_open.TryPeek(out int last) && _events[last].End <= entry.Start)
            {
                _open.Pop();
            }

            long duration = entry.Duration;
            int parent = -1;
            if (_open.TryPeek(out int holder))
            {
                // A node of a body: its time is subtracted from the containing node's. Due to rounding it may seem to end after that node.
                ref var held = ref CollectionsMarshal.AsSpan(_events)[holder];
                duration = Math.Min(duration, held.End - entry.Start);
                held.SelfTime -= duration;
                parent = held.Node;
            }

            _open.Push(_events.Count);
            _events.Add(new ProfiledEvent(Node(parent, entry), entry.Start, duration));
        }
    }

    // Node names in a body may repeat names of the outer graph.
    private int Node(int parent, OrtEvent entry)
    {
        ref int id = ref CollectionsMarshal.GetValueRefOrAddDefault(_ids, (parent, entry.Name, entry.Arguments.Index), out bool known);
        if (!known)
        {
            id = _nodes.Count;
            _nodes.Add(new ProfiledNode(entry));
        }

        return id;
    }
}
