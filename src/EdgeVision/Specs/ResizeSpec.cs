using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision.Specs;

/// <summary>Options of resizing a frame to the network's input.</summary>
public sealed record ResizeSpec
{
    /// <summary>Way the frame is fitted into the input.</summary>
    public ResizeMode Mode { get; set; } = ResizeMode.Letterbox;

    /// <summary>Resize filter.</summary>
    public Interpolation Interpolation { get; set; } = Interpolation.Bilinear;

    /// <summary>Gray level (0..255) of the padding.</summary>
    public int PadValue { get; set; } = 114;

    /// <summary>Rounding of the fitted size.</summary>
    public ResizeRounding Rounding { get; set; } = ResizeRounding.HalfToEven;
}
