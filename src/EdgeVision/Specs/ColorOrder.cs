using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision.Specs;

/// <summary>Channel order of an image tensor.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ColorOrder>))]
public enum ColorOrder
{
    /// <summary>Red, green, blue.</summary>
    Rgb,
    /// <summary>Blue, green, red.</summary>
    Bgr,
    /// <summary>One channel of luminance.</summary>
    Gray,
}
