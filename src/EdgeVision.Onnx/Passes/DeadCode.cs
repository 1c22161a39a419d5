namespace EdgeVision.Onnx;

/// <summary>Removes what nothing reads: nodes whose outputs lead to no output of the graph, and initializers without a reader.</summary>
public static class DeadCode
{
    /// <summary>Rewrites in place. Graphs inside nodes (If, Loop, Scan) stay as they are; what they read from outside stays too.</summary>
    /// <returns>Nodes and initializers that were removed.</returns>
    public static int Remove(GraphProto graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var used = graph.Output.Select(o => o.Name).ToHashSet(StringComparer.Ordinal);
        var needed = new List<NodeProto>();
        // Nodes stand in topological order, so every reader is seen before what it reads.
        foreach (var node in graph.Node.Reverse())
        {
            if (node.Output.Any(used.Contains))
            {
                needed.Add(node);
                GraphEdit.CollectReads(node, used);
            }
        }

        needed.Reverse();
        var kept = graph.Initializer.Where(t => used.Contains(t.Name)).ToArray();
        int removed = graph.Node.Count - needed.Count + graph.Initializer.Count - kept.Length;
        if (removed > 0)
        {
            graph.Node.Clear();
            graph.Node.AddRange(needed);
            graph.Initializer.Clear();
            graph.Initializer.AddRange(kept);
            // What is said of values that are gone would refer to nothing.
            var there = needed.SelectMany(n => n.Output).Concat(kept.Select(t => t.Name)).ToHashSet(StringComparer.Ordinal);
            foreach (var info in graph.ValueInfo.Where(v => !there.Contains(v.Name)).ToArray())
            {
                graph.ValueInfo.Remove(info);
            }
        }

        return removed;
    }
}
