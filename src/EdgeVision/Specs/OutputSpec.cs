using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision.Specs;

/// <summary>One head: its decoder and the decoder's parameters.</summary>
public sealed record OutputSpec
{
    /// <summary>Head's name; "main" if there is only one.</summary>
    public string Head { get; set; } = "main";

    /// <summary>Decoder's name, such as yolo-dfl, ssd, scrfd, softmax.</summary>
    public string Decoder { get; set; } = "";

    /// <summary>Graph outputs that the decoder reads, in the decoder's order; all outputs of the graph when absent.</summary>
    public string[]? Tensors { get; set; }

    /// <summary>Class names of this head by class id; the spec's when absent. Heads of a multi-task model have their own classes.</summary>
    public string[]? Labels { get; set; }

    /// <summary>Decoder's parameters by name.</summary>
    public Dictionary<string, JsonElement> Parameters { get; set; } = [];
}
