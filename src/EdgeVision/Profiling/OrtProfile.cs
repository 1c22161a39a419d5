using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision;

/// <summary>
/// ONNX Runtime's own profile, read as a stream: a run's events stand before the event of the run itself, so that no more than one run is ever in memory.
/// Times are whole microseconds, rounded down.
/// </summary>
internal static class OrtProfile
{
    private const string KernelTime = "_kernel_time";

    /// <summary>The runs of a session, in order.</summary>
    /// <exception cref="JsonException">The file is damaged: a full disk, or a library that writes names of nodes as they are, with quotation marks.</exception>
    public static IEnumerable<OrtRun> Read(Stream json)
    {
        var nodes = new List<OrtEvent>();
        OrtEvent? executor = null;
        foreach (var entry in JsonSerializer.DeserializeAsyncEnumerable(json, OrtProfileContext.Default.OrtEvent).ToBlockingEnumerable())
        {
            switch (entry)
            {
                // Of a node's events the one that lasts as long as its kernel; older libraries write fences around it, which name no provider.
                case { Category: "Node", Arguments.Provider.Length: > 0 }:
                    nodes.Add(entry);
                    break;
                case { Category: "Session", Name: "SequentialExecutor::Execute" } when entry.Duration >= (executor?.Duration ?? 0):
                    executor = entry; // bodies of loops and branches have one each, all within the graph's own
                    break;
                case { Category: "Session", Name: "model_run" }:
                    yield return new OrtRun(entry, executor, nodes);
                    (nodes, executor) = ([], null);
                    break;
            }
        }
    }

    /// <summary>The node's name without what the library appends.</summary>
    public static string NodeName(this OrtEvent entry) => entry.Name.EndsWith(KernelTime, StringComparison.Ordinal) ? entry.Name[..^KernelTime.Length] : entry.Name;
}

/// <summary>A run, the executor's part of it, and the nodes that ran, in the order in which they ended.</summary>
internal sealed record OrtRun(OrtEvent Whole, OrtEvent? Executor, List<OrtEvent> Nodes);

/// <summary>An event of the profile; start and duration in microseconds. Properties that can be set keep their defaults where the file leaves them out.</summary>
internal sealed record OrtEvent
{
    [JsonPropertyName("cat")]
    public string? Category { get; set; }

    [JsonPropertyName("name")]
    public string Name { get; set; } = "";

    [JsonPropertyName("ts")]
    public long Start { get; set; }

    [JsonPropertyName("dur")]
    public long Duration { get; set; }

    [JsonPropertyName("args")]
    public OrtEventArguments Arguments { get; set; } = OrtEventArguments.None;
}

/// <summary>What the library says of a node. Shapes of its tensors are in order; an optional one that is absent takes no place.</summary>
internal sealed record OrtEventArguments
{
    public static OrtEventArguments None { get; } = new();

    [JsonPropertyName("provider")]
    public string? Provider { get; set; }

    [JsonPropertyName("op_name")]
    public string Operator { get; set; } = "";

    [JsonPropertyName("node_index")]
    public string Index { get; set; } = "";

    [JsonPropertyName("input_type_shape")]
    public Dictionary<string, long[]>[] Inputs { get; set; } = [];

    [JsonPropertyName("output_type_shape")]
    public Dictionary<string, long[]>[] Outputs { get; set; } = [];
}

[JsonSerializable(typeof(OrtEvent))]
internal sealed partial class OrtProfileContext : JsonSerializerContext;
