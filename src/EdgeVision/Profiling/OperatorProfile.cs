namespace EdgeVision;

/// <summary>
/// Where a network's time goes: the time of every node and of every kind of operator, and what lies between them, from ONNX Runtime's profile of runs
/// in a session of its own. All of it adds up to <see cref="RunMs"/>.
/// </summary>
/// <remarks>
/// A node that runs others (If, Loop, Scan) counts only what it takes besides them. ONNX Runtime rounds each time down to whole microseconds and writes its
/// notes between the nodes: both land in <see cref="BetweenNodesMs"/>, and make a profiled run longer than others. On a provider that works
/// beside the processor (CUDA, TensorRT, DirectML) a node's time is that of starting its work, and the wait for it lies between the nodes.
/// </remarks>
public sealed class OperatorProfile
{
    /// <summary>Name of the line for what lies between the nodes.</summary>
    public const string BetweenNodes = "between nodes";

    internal OperatorProfile(IReadOnlyList<ProfiledNode> nodes, IReadOnlyList<ProfiledEvent> events, IReadOnlyList<ProfiledRun> runs)
    {
        (ProfiledNodes, Events, ProfiledRuns) = (nodes, events, runs);
        double perRun = 1e-3 / runs.Count;
        RunsMs = [.. runs.Select(r => r.Duration * 1e-3)];
        RunMs = runs.Sum(r => r.Duration) * perRun;
        ExecutorMs = runs.Sum(r => r.Executor) * perRun;
        NodesMs = nodes.Sum(n => n.Microseconds) * perRun;
        Nodes = [.. nodes.Select(n => Line(n.Name, n.Operator, n.Provider, 1, n.Microseconds * perRun)).OrderByDescending(n => n.Ms)];
        Operators =
        [
            .. nodes.GroupBy(n => (n.Operator, n.Provider))
                .Select(g => Line(g.Key.Operator, g.Key.Operator, g.Key.Provider, g.Count(), g.Sum(n => n.Microseconds) * perRun))
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

    /// <summary>Time of each run that was counted, in milliseconds, as ONNX Runtime measured it.</summary>
    public IReadOnlyList<double> RunsMs { get; }

    /// <summary>Mean time of a run in milliseconds.</summary>
    public double RunMs { get; }

    /// <summary>The part of it in which the graph is executed: without binding inputs and outputs. 0 where the library does not tell.</summary>
    public double ExecutorMs { get; }

    /// <summary>The part of it that the nodes' kernels took.</summary>
    public double NodesMs { get; }

    /// <summary>What lies between the nodes.</summary>
    public double BetweenNodesMs => RunMs - NodesMs;

    internal IReadOnlyList<ProfiledNode> ProfiledNodes { get; }

    internal IReadOnlyList<ProfiledEvent> Events { get; }

    internal IReadOnlyList<ProfiledRun> ProfiledRuns { get; }

    /// <summary>Writes the counted runs for Chrome's trace viewer (chrome://tracing) and Perfetto: a track for the network's runs and nodes, one for stages.</summary>
    /// <param name="output">Takes JSON in UTF-8; stays open.</param>
    /// <param name="model">Name for people.</param>
    /// <param name="stages">Stages that were measured elsewhere, drawn from the same zero as the first run.</param>
    public void WriteTrace(Stream output, string model, IEnumerable<TraceSpan>? stages = null) => ProfileTrace.Write(output, this, model, stages ?? []);

    private ProfileOperator Line(string name, string type, string provider, int nodes, double ms) => new(name, type, provider, nodes, ms, RunMs > 0 ? ms / RunMs : 0);
}

/// <summary>A node, where it ran, its tensors' shapes in the first counted run, and the time of all counted runs in it alone.</summary>
internal sealed class ProfiledNode(OrtEvent first)
{
    public string Name { get; } = first.NodeName();

    public string Operator { get; } = first.Arguments.Operator;

    public string Provider { get; } = first.Arguments.Provider!;

    public string Inputs { get; } = Shapes(first.Arguments.Inputs);

    public string Outputs { get; } = Shapes(first.Arguments.Outputs);

    public long Microseconds { get; set; }

    private static string Shapes(Dictionary<string, long[]>[] tensors) => string.Join(", ", tensors.SelectMany(t => t).Select(t => $"{t.Key}[{string.Join(',', t.Value)}]"));
}

/// <summary>A node's turn: start and duration in microseconds, those of the nodes within it included.</summary>
internal readonly record struct ProfiledEvent(int Node, long Start, long Duration);

/// <summary>A run: start, duration and the executor's part, in microseconds.</summary>
internal readonly record struct ProfiledRun(long Start, long Duration, long Executor);
