namespace EdgeVision.Onnx.Passes;

/// <summary>Removes nodes that do not contribute to an output of the graph, and unused initializers.</summary>
public static class DeadCodeElimination
{
    /// <summary>Removes dead nodes and initializers of a graph in place.</summary>
    /// <remarks>Subgraphs of nodes (If, Loop, Scan) are not changed, and outer values that they read are kept.</remarks>
    /// <returns>Number of nodes and initializers that were removed.</returns>
    public static int Apply(GraphProto graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var used = graph.Output.Select(o => o.Name).ToHashSet(StringComparer.Ordinal);
        var needed = new List<NodeProto>();
        // Nodes are in topological order, so that in reverse every consumer comes before its producers.
        foreach (var node in graph.Node.Reverse())
        {
            if (node.Output.Any(used.Contains))
            {
                needed.Add(node);
                GraphEditor.CollectReads(node, used);
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
            // Shape information of removed values would refer to nothing.
            var there = needed.SelectMany(n => n.Output).Concat(kept.Select(t => t.Name)).ToHashSet(StringComparer.Ordinal);
            foreach (var info in graph.ValueInfo.Where(v => !there.Contains(v.Name)).ToArray())
            {
                graph.ValueInfo.Remove(info);
            }
        }

        return removed;
    }
}
