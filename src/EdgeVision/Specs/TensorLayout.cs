using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision.Specs;

/// <summary>Axis order of an image tensor.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<TensorLayout>))]
public enum TensorLayout
{
    /// <summary>Batch, channel, row, column.</summary>
    Nchw,
    /// <summary>Batch, row, column, channel.</summary>
    Nhwc,
}
