using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision.Specs;

/// <summary>Resize filters. Half-pixel centers, no antialiasing, as OpenCV's INTER_LINEAR and INTER_NEAREST.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<Interpolation>))]
public enum Interpolation
{
    /// <summary>Bilinear: two taps per axis.</summary>
    Bilinear,
    /// <summary>Nearest pixel.</summary>
    Nearest,
    /// <summary>Triangle filter widened by the reduction, as Pillow and torchvision resize (antialiased).</summary>
    BilinearAntialias,
}
