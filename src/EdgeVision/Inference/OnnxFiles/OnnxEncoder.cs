using System.Text;

namespace EdgeVision.Inference.OnnxFiles;

/// <summary>Encodes protobuf fields, for the few small ONNX models that the runtime builds itself.</summary>
internal static class OnnxEncoder
{
    /// <summary>Encodes a length-delimited field: a message, a string or packed numbers.</summary>
    public static byte[] Field(int field, ReadOnlySpan<byte> content) =>
        [.. Varint((ulong)field << 3 | 2), .. Varint((ulong)content.Length), .. content];

    /// <summary>Encodes a string field.</summary>
    public static byte[] Text(int field, string text) => Field(field, Encoding.UTF8.GetBytes(text));

    /// <summary>Encodes a non-negative integer field.</summary>
    public static byte[] Number(int field, long value) => [.. Varint((ulong)field << 3), .. Varint((ulong)value)];

    /// <summary>Encodes a float32 input or output of a graph (ValueInfoProto).</summary>
    /// <remarks>
    /// ValueInfoProto: 1 name, 2 type; TypeProto: 1 tensor_type with 1 elem_type (1 is float32) and 2 shape of dimensions (1).
    /// </remarks>
    public static byte[] Value(string name, params ReadOnlySpan<long> shape)
    {
        var dimensions = new List<byte>();
        foreach (long d in shape)
        {
            dimensions.AddRange(Field(1, Number(1, d)));
        }

        return [.. Text(1, name), .. Field(2, Field(1, [.. Number(1, 1), .. Field(2, [.. dimensions])]))];
    }

    /// <summary>Encodes a model around a graph (ModelProto: 1 ir_version, 7 graph, 8 opset_import with 2 version).</summary>
    public static byte[] Model(ReadOnlySpan<byte> graph) => [.. Number(1, 8), .. Field(7, graph), .. Field(8, Number(2, 13))];

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        return [.. bytes, (byte)value];
    }
}
