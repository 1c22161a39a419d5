using EdgeVision.Profiling.Measurement;

namespace EdgeVision.Profiling.Operators;

/// <summary>Time of a network per node and operator type, from ONNX Runtime's profile of runs in a separate session.</summary>
/// <remarks>
/// Nodes and the time between nodes add up to <see cref="RunMs"/>. Times are means over the middle half of the runs by duration, which
/// excludes disturbed runs. Profiling costs some microseconds per node, more than many nodes take. That overhead is measured on
/// chains of nodes that do almost nothing and is subtracted from each node's time and from the run's; <see cref="ProfilingMs"/> is the
/// amount. The rest estimates an unprofiled run, to be compared with a measured one. A node that runs others (If, Loop, Scan) counts
/// only the time outside of them. On an asynchronous provider (CUDA, TensorRT, DirectML) a node's time is that of starting its
/// work, and the wait for it is between the nodes.
/// </remarks>
public sealed class OperatorProfile
{
    /// <summary>Name of the entry for the time between nodes.</summary>
    public const string BetweenNodes = "between nodes";

    internal OperatorProfile(
        IReadOnlyList<ProfiledNode> nodes, IReadOnlyList<ProfiledEvent> events, IReadOnlyList<ProfiledRun> runs, ProfilingOverhead cost)
    {
        (ProfiledNodes, Events, ProfiledRuns) = (nodes, events, runs);
        RunsMs = [.. runs.Select(r => r.Duration * 1e-3)];
        var middle = GetMiddleHalf(runs);
        double perRun = 1e-3 / middle.Length, all = 0;
        double[] times = new double[nodes.Count];
        foreach (var run in middle)
        {
            for (int i = run.FirstEvent; i < run.FirstEvent + run.Events; i++)
            {
                var (within, whole) = cost.ForTensors(nodes[events[i].Node].Tensors);
                times[events[i].Node] += (events[i].SelfTime - within) * perRun;
                all += whole * perRun;
            }
        }

        times = Array.ConvertAll(times, t => Math.Max(0, t));
        NodesMs = times.Sum();
        ProfiledRunMs = middle.Sum(r => r.Duration) * perRun;
        ExecutorMs = middle.Sum(r => r.Executor) * perRun;
        RunMs = Math.Max(NodesMs, ProfiledRunMs - all);
        Nodes = [.. nodes.Zip(times, (n, ms) => CreateEntry(n.Name, n.Operator, n.Provider, 1, ms)).OrderByDescending(n => n.Ms)];
        Operators =
        [
            .. Nodes.GroupBy(n => (n.Operator, n.Provider))
                .Select(g => CreateEntry(g.Key.Operator, g.Key.Operator, g.Key.Provider, g.Count(), g.Sum(n => n.Ms)))
                .OrderByDescending(o => o.Ms),
            CreateEntry(BetweenNodes, "", "", 0, BetweenNodesMs),
        ];
        Placement = nodes.GroupBy(n => n.Provider).ToDictionary(g => g.Key, g => g.Count());
    }

    /// <summary>Operator types by provider, in descending order of time. Shares add up to 1.</summary>
    /// <remarks>The last entry, <see cref="BetweenNodes"/>, is not an operator and has no nodes.</remarks>
    public IReadOnlyList<ProfileOperator> Operators { get; }

    /// <summary>Nodes in descending order of time. Names are those of the graph as optimized by ONNX Runtime.</summary>
    public IReadOnlyList<ProfileOperator> Nodes { get; }

    /// <summary>Number of nodes per provider, by ONNX Runtime's names.</summary>
    public IReadOnlyDictionary<string, int> Placement { get; }

    /// <summary>Number of runs counted.</summary>
    public int RunCount => RunsMs.Count;

    /// <summary>Duration of each counted run in milliseconds, as measured by ONNX Runtime, including profiling.</summary>
    public IReadOnlyList<double> RunsMs { get; }

    /// <summary>Mean duration of the middle half of the runs, including profiling.</summary>
    public double ProfiledRunMs { get; }

    /// <summary>Part of it that executes the graph, without binding inputs and outputs; 0 if the library does not report it.</summary>
    public double ExecutorMs { get; }

    /// <summary>Estimated duration of a run in milliseconds without profiling.</summary>
    public double RunMs { get; }

    /// <summary>Part of <see cref="RunMs"/> spent in the nodes' kernels.</summary>
    public double NodesMs { get; }

    /// <summary>Part of <see cref="RunMs"/> spent between the nodes.</summary>
    public double BetweenNodesMs => RunMs - NodesMs;

    /// <summary>Cost of profiling per run.</summary>
    public double ProfilingMs => ProfiledRunMs - RunMs;

    internal IReadOnlyList<ProfiledNode> ProfiledNodes { get; }

    internal IReadOnlyList<ProfiledEvent> Events { get; }

    internal IReadOnlyList<ProfiledRun> ProfiledRuns { get; }

    /// <summary>Writes the counted runs in the Trace Event Format for chrome://tracing and Perfetto.</summary>
    /// <remarks>One track for the network's runs and nodes, one for stages.</remarks>
    /// <param name="output">Receives JSON in UTF-8; is left open.</param>
    /// <param name="model">Display name of the model.</param>
    /// <param name="stages">Stages measured elsewhere, drawn from the start of the first run.</param>
    public void WriteTrace(Stream output, string model, IEnumerable<TraceSpan>? stages = null) =>
        ProfileTrace.Write(output, this, model, stages ?? []);

    private static ProfiledRun[] GetMiddleHalf(IReadOnlyList<ProfiledRun> runs)
    {
        int aside = runs.Count / 4;
        return [.. runs.OrderBy(r => r.Duration).Skip(aside).Take(runs.Count - 2 * aside)];
    }

    private ProfileOperator CreateEntry(string name, string type, string provider, int nodes, double ms) =>
        new(name, type, provider, nodes, ms, RunMs > 0 ? ms / RunMs : 0);
}

/// <summary>A node, its provider, and its tensors' shapes at its first execution in a counted run.</summary>
internal sealed class ProfiledNode(OrtEvent first)
{
    public string Name { get; } = first.NodeName();

    public string Operator { get; } = first.Arguments.Operator;

    public string Provider { get; } = first.Arguments.Provider!;

    public string Inputs { get; } = Shapes(first.Arguments.Inputs);

    public string Outputs { get; } = Shapes(first.Arguments.Outputs);

    public int Tensors { get; } = first.Arguments.Inputs.Length + first.Arguments.Outputs.Length;

    private static string Shapes(Dictionary<string, long[]>[] tensors) =>
        string.Join(", ", tensors.SelectMany(t => t).Select(t => $"{t.Key}[{string.Join(',', t.Value)}]"));
}

/// <summary>One execution of a node: start and duration in microseconds, with and without the nodes within it.</summary>
internal record struct ProfiledEvent(int Node, long Start, long Duration)
{
    public long SelfTime { get; set; } = Duration;

    public readonly long End => Start + Duration;
}

/// <summary>A run: start, duration and the executor's part, in microseconds, and the range of its events.</summary>
internal readonly record struct ProfiledRun(long Start, long Duration, long Executor, int FirstEvent, int Events);
