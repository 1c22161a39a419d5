using System.Text.Json.Serialization;

namespace EdgeVision.Tensors;

/// <summary>Element types of tensors that the runtime supports.</summary>
public enum TensorElement
{
    /// <summary>32-bit IEEE float.</summary>
    Float32,
    /// <summary>16-bit IEEE float.</summary>
    Float16,
    /// <summary>Unsigned byte.</summary>
    [JsonStringEnumMemberName("uint8")]
    UInt8,
    /// <summary>Signed byte.</summary>
    Int8,
    /// <summary>32-bit signed integer.</summary>
    Int32,
    /// <summary>64-bit signed integer.</summary>
    Int64,
    /// <summary>Boolean, one byte each.</summary>
    Boolean,
}
