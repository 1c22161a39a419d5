using EdgeVision.Inference.OnnxFiles;

namespace EdgeVision.Profiling.Operators;

/// <summary>Cost of a network independent of hardware: multiply-accumulates at given input shapes, and weights.</summary>
/// <remarks>
/// Convolutions, matrix products, recurrent cells and attention count, in floats and integers; additions, activations, normalizations
/// and resizing do not, as is usual. A node counts as often as it ran: a loop's body once per iteration, a conditional by the branch
/// taken. Measured by <see cref="OperatorProfiler.MeasureCost"/>.
/// </remarks>
public sealed class GraphCost
{
    private GraphCost(long macs, IReadOnlyDictionary<string, long> byOperator, IReadOnlyList<string> notCounted, ModelWeights weights) =>
        (Macs, MacsByOperator, UncountedNodes, Weights) = (macs, byOperator, notCounted, weights);

    /// <summary>Multiply-accumulates of a run, for the whole batch.</summary>
    public long Macs { get; }

    /// <summary>Multiply-accumulates by operator type.</summary>
    public IReadOnlyDictionary<string, long> MacsByOperator { get; }

    /// <summary>Nodes whose multiply-accumulates cannot be derived from their shapes; empty if all were counted.</summary>
    public IReadOnlyList<string> UncountedNodes { get; }

    /// <summary>Weights of the model.</summary>
    public ModelWeights Weights { get; }

    /// <summary>Counts the first run in a profile of the model, profiled without graph optimization.</summary>
    internal static GraphCost Read(Stream profile, string path)
    {
        var run = OrtProfile.ReadRuns(profile).FirstOrDefault()
            ?? throw new EdgeVisionException($"the cost of '{path}' cannot be counted: ONNX Runtime's profile contains no run");
        Dictionary<string, string>? equations = null;
        var byOperator = new Dictionary<string, long>();
        var notCounted = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var node in run.Nodes)
        {
            string type = node.Arguments.Operator;
            string? equation = null;
            if (type == "Einsum")
            {
                equations ??= Equations(path);
                equations.TryGetValue(node.NodeName(), out equation);
            }

            switch (MultiplyAccumulates.Compute(type, Shapes(node.Arguments.Inputs), Shapes(node.Arguments.Outputs), equation))
            {
                case null:
                    notCounted.Add($"{type} {node.NodeName()}");
                    break;
                case > 0 and var macs:
                    byOperator[type] = byOperator.GetValueOrDefault(type) + macs;
                    break;
            }
        }

        return new GraphCost(byOperator.Values.Sum(), byOperator, [.. notCounted], ModelWeights.Read(path));
    }

    private static long[][] Shapes(Dictionary<string, long[]>[] tensors) => [.. tensors.Select(t => t.Values.FirstOrDefault() ?? [])];

    // By the names in the file; if two nodes with different equations share a name, neither is used.
    private static Dictionary<string, string> Equations(string path) => OnnxGraphContent.Read(path).Nodes
        .Where(n => n.Equation is not null && n.Name.Length > 0)
        .GroupBy(n => n.Name).Where(g => g.Select(n => n.Equation).Distinct().Count() == 1)
        .ToDictionary(g => g.Key, g => g.First().Equation!);
}
