using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision.Specs;

/// <summary>Ways to round a fitted size to integer pixels.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ResizeRounding>))]
public enum ResizeRounding
{
    /// <summary>To nearest, halves to even (Python's round).</summary>
    HalfToEven,
    /// <summary>Towards zero (YOLOX, torchvision).</summary>
    Truncate,
}
