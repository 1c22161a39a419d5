using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVision.Tensors;

namespace EdgeVision.Specs;

/// <summary>Describes how frames become the network's input.</summary>
public sealed record InputSpec
{
    /// <summary>Name of the graph input; the first input when absent.</summary>
    public string? Name { get; set; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; set; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; set; }

    /// <summary>Axis order.</summary>
    public TensorLayout Layout { get; set; } = TensorLayout.Nchw;

    /// <summary>Element type: Float32, Float16 or UInt8.</summary>
    [JsonConverter(typeof(CamelCaseEnumConverter<TensorElement>))]
    public TensorElement Element { get; set; } = TensorElement.Float32;

    /// <summary>Channel order of the tensor.</summary>
    public ColorOrder ColorOrder { get; set; } = ColorOrder.Rgb;

    /// <summary>Options of resizing the frame to the input.</summary>
    public ResizeSpec Resize { get; set; } = new();

    /// <summary>Mean for each channel in tensor order, or one for all, in units of <c>pixel * Scale</c>.</summary>
    /// <remarks>value = (pixel * scale - mean) / std.</remarks>
    public float[] Mean { get; set; } = [0];

    /// <summary>Standard deviation for each channel in tensor order, or one for all; not zero.</summary>
    public float[] Std { get; set; } = [1];

    /// <summary>Factor applied to the 0..255 pixel before mean and std; 1/255 by default.</summary>
    public float Scale { get; set; } = 1f / 255f;
}
