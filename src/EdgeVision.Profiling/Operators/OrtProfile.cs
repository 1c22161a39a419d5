using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision.Profiling.Operators;

/// <summary>Reads ONNX Runtime's profile as a stream, with at most one run in memory.</summary>
/// <remarks>A run's events precede the event of the run itself. Times are whole microseconds, rounded down.</remarks>
internal static class OrtProfile
{
    private const string KernelTime = "_kernel_time";

    /// <summary>Reads the runs of a session, in order.</summary>
    /// <exception cref="JsonException">
    /// The file is invalid: a full disk, or a library that writes node names with unescaped quotation marks.
    /// </exception>
    public static IEnumerable<OrtRun> ReadRuns(Stream json)
    {
        var nodes = new List<OrtEvent>();
        OrtEvent? executor = null;
        foreach (var entry in JsonSerializer.DeserializeAsyncEnumerable(json, OrtProfileContext.Default.OrtEvent).ToBlockingEnumerable())
        {
            switch (entry)
            {
                // Of a node's events only the kernel time; older libraries write fences around it, which have no provider.
                case { Category: "Node", Arguments.Provider.Length: > 0 }:
                    nodes.Add(entry);
                    break;
                case { Category: "Session", Name: "SequentialExecutor::Execute" } when entry.Duration >= (executor?.Duration ?? 0):
                    executor = entry; // bodies of loops and branches have one each, all within the outer graph's
                    break;
                case { Category: "Session", Name: "model_run" }:
                    yield return new OrtRun(entry, executor, nodes);
                    (nodes, executor) = ([], null);
                    break;
            }
        }
    }

    /// <summary>Returns the node's name without the suffix that the library appends.</summary>
    public static string NodeName(this OrtEvent entry) =>
        entry.Name.EndsWith(KernelTime, StringComparison.Ordinal) ? entry.Name[..^KernelTime.Length] : entry.Name;
}

/// <summary>A run, the executor's part of it, and its node events in the order in which they ended.</summary>
internal sealed record OrtRun(OrtEvent RunEvent, OrtEvent? Executor, List<OrtEvent> Nodes);

/// <summary>An event of the profile; start and duration in microseconds. Settable properties keep their defaults if absent.</summary>
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

/// <summary>Arguments of a node event. Shapes of its tensors are in order; absent optional tensors are omitted.</summary>
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
