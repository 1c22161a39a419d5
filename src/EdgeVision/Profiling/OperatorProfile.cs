namespace EdgeVision;

/// <summary>
/// Where a network's time goes: the time of every node and of every kind of operator, and what lies between them, from ONNX Runtime's profile of runs
/// in a session of its own. All of it adds up to <see cref="RunMs"/>.
/// </summary>
/// <remarks>
/// Times are means over the middle half of the runs, by their duration: what disturbed a run says nothing of its operators.
/// Profiling costs a node some microseconds, more than many a node takes. They are measured on chains of nodes that do next to nothing and taken off, of each
/// node's time and of the run's; <see cref="ProfilingMs"/> says how much that was. What is left estimates an undisturbed run, to be compared with one that was measured.
/// A node that runs others (If, Loop, Scan) counts only what it takes besides them. On a provider that works beside the processor (CUDA, TensorRT, DirectML) a
/// node's time is that of starting its work, and the wait for it lies between the nodes.
/// </remarks>
public sealed class OperatorProfile
{
    /// <summary>Name of the line for what lies between the nodes.</summary>
    public const string BetweenNodes = "between nodes";

    internal OperatorProfile(IReadOnlyList<ProfiledNode> nodes, IReadOnlyList<ProfiledEvent> events, IReadOnlyList<ProfiledRun> runs, ProfilingCost cost)
    {
        (ProfiledNodes, Events, ProfiledRuns) = (nodes, events, runs);
        RunsMs = [.. runs.Select(r => r.Duration * 1e-3)];
        var middle = Middle(runs);
        double perRun = 1e-3 / middle.Length, all = 0;
        double[] times = new double[nodes.Count];
        foreach (var run in middle)
        {
            for (int i = run.FirstEvent; i < run.FirstEvent + run.Events; i++)
            {
                var (within, whole) = cost.Of(nodes[events[i].Node].Tensors);
                times[events[i].Node] += (events[i].Alone - within) * perRun;
                all += whole * perRun;
            }
        }

        times = Array.ConvertAll(times, t => Math.Max(0, t));
        NodesMs = times.Sum();
        ProfiledRunMs = middle.Sum(r => r.Duration) * perRun;
        ExecutorMs = middle.Sum(r => r.Executor) * perRun;
        RunMs = Math.Max(NodesMs, ProfiledRunMs - all);
        Nodes = [.. nodes.Zip(times, (n, ms) => Line(n.Name, n.Operator, n.Provider, 1, ms)).OrderByDescending(n => n.Ms)];
        Operators =
        [
            .. Nodes.GroupBy(n => (n.Operator, n.Provider))
                .Select(g => Line(g.Key.Operator, g.Key.Operator, g.Key.Provider, g.Count(), g.Sum(n => n.Ms)))
                .OrderByDescending(o => o.Ms),
            Line(BetweenNodes, "", "", 0, BetweenNodesMs),
        ];
        Placement = nodes.GroupBy(n => n.Provider).ToDictionary(g => g.Key, g => g.Count());
    }

    /// <summary>Kinds of operators by provider, most time first; the last line, <see cref="BetweenNodes"/>, is of no operator and has no nodes. Shares add up to 1.</summary>
    public IReadOnlyList<ProfileOperator> Operators { get; }

    /// <summary>Nodes, most time first. Names are those of the graph as ONNX Runtime rewrote it.</summary>
    public IReadOnlyList<ProfileOperator> Nodes { get; }

    /// <summary>How many nodes ran on each provider, by ONNX Runtime's names.</summary>
    public IReadOnlyDictionary<string, int> Placement { get; }

    /// <summary>Runs that were counted.</summary>
    public int Runs => RunsMs.Count;

    /// <summary>Time of each run that was counted, in milliseconds, as ONNX Runtime measured it: with what profiling cost.</summary>
    public IReadOnlyList<double> RunsMs { get; }

    /// <summary>Mean of their middle half.</summary>
    public double ProfiledRunMs { get; }

    /// <summary>The part of it in which the graph is executed: without binding inputs and outputs. 0 where the library does not tell.</summary>
    public double ExecutorMs { get; }

    /// <summary>Time of a run in milliseconds, without what profiling cost.</summary>
    public double RunMs { get; }

    /// <summary>The part of it that the nodes' kernels took.</summary>
    public double NodesMs { get; }

    /// <summary>What lies between the nodes.</summary>
    public double BetweenNodesMs => RunMs - NodesMs;

    /// <summary>What profiling cost a run.</summary>
    public double ProfilingMs => ProfiledRunMs - RunMs;

    internal IReadOnlyList<ProfiledNode> ProfiledNodes { get; }

    internal IReadOnlyList<ProfiledEvent> Events { get; }

    internal IReadOnlyList<ProfiledRun> ProfiledRuns { get; }

    /// <summary>Writes the counted runs for Chrome's trace viewer (chrome://tracing) and Perfetto: a track for the network's runs and nodes, one for stages.</summary>
    /// <param name="output">Takes JSON in UTF-8; stays open.</param>
    /// <param name="model">Name for people.</param>
    /// <param name="stages">Stages that were measured elsewhere, drawn from the same zero as the first run.</param>
    public void WriteTrace(Stream output, string model, IEnumerable<TraceSpan>? stages = null) => ProfileTrace.Write(output, this, model, stages ?? []);

    private static ProfiledRun[] Middle(IReadOnlyList<ProfiledRun> runs)
    {
        int aside = runs.Count / 4;
        return [.. runs.OrderBy(r => r.Duration).Skip(aside).Take(runs.Count - 2 * aside)];
    }

    private ProfileOperator Line(string name, string type, string provider, int nodes, double ms) => new(name, type, provider, nodes, ms, RunMs > 0 ? ms / RunMs : 0);
}

/// <summary>A node, where it ran, and its tensors' shapes when it first did in a counted run.</summary>
internal sealed class ProfiledNode(OrtEvent first)
{
    public string Name { get; } = first.NodeName();

    public string Operator { get; } = first.Arguments.Operator;

    public string Provider { get; } = first.Arguments.Provider!;

    public string Inputs { get; } = Shapes(first.Arguments.Inputs);

    public string Outputs { get; } = Shapes(first.Arguments.Outputs);

    public int Tensors { get; } = first.Arguments.Inputs.Length + first.Arguments.Outputs.Length;

    private static string Shapes(Dictionary<string, long[]>[] tensors) => string.Join(", ", tensors.SelectMany(t => t).Select(t => $"{t.Key}[{string.Join(',', t.Value)}]"));
}

/// <summary>A node's turn: start and duration in microseconds, those of the nodes within it included, and without them.</summary>
internal record struct ProfiledEvent(int Node, long Start, long Duration)
{
    public long Alone { get; set; } = Duration;

    public readonly long End => Start + Duration;
}

/// <summary>A run: start, duration and the executor's part, in microseconds, and where its events stand among all.</summary>
internal readonly record struct ProfiledRun(long Start, long Duration, long Executor, int FirstEvent, int Events);
