using System.Text.Json;

namespace EdgeVision.Inference.Sessions;

/// <summary>Counts the nodes of each execution provider in a profile of ONNX Runtime.</summary>
internal static class NodePlacement
{
    /// <summary>Returns the number of nodes by provider's name; a node that ran several times counts once.</summary>
    /// <exception cref="JsonException">The profile is damaged.</exception>
    public static Dictionary<string, int> Read(Stream profile)
    {
        using var document = JsonDocument.Parse(profile);
        var seen = new HashSet<(string Name, string Index)>();
        var nodes = new Dictionary<string, int>();
        foreach (var entry in document.RootElement.EnumerateArray())
        {
            if (Text(entry, "cat") == "Node" && entry.TryGetProperty("args", out var arguments) && Text(arguments, "provider") is { Length: > 0 } provider
                && seen.Add((Text(entry, "name") ?? "", Text(arguments, "node_index") ?? "")))
            {
                nodes[provider] = nodes.GetValueOrDefault(provider) + 1;
            }
        }

        return nodes;
    }

    private static string? Text(JsonElement entry, string name) =>
        entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
