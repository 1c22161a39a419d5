using System.Text;

namespace EdgeVision;

/// <summary>Fields of protocol buffers as bytes, for the few small ONNX models that the runtime makes for itself.</summary>
internal static class OnnxBytes
{
    /// <summary>A field of bytes: a message, a text, packed numbers.</summary>
    public static byte[] Field(int field, ReadOnlySpan<byte> content) => [.. Varint((ulong)field << 3 | 2), .. Varint((ulong)content.Length), .. content];

    /// <summary>A field of text.</summary>
    public static byte[] Text(int field, string text) => Field(field, Encoding.UTF8.GetBytes(text));

    /// <summary>A field of a whole number from 0.</summary>
    public static byte[] Number(int field, long value) => [.. Varint((ulong)field << 3), .. Varint((ulong)value)];

    /// <summary>A float32 input or output of a graph (ValueInfoProto: 1 name, 2 type; a tensor (1) of float32 (1) in a shape (2) of dimensions (1)).</summary>
    public static byte[] Value(string name, params ReadOnlySpan<long> shape)
    {
        var dimensions = new List<byte>();
        foreach (long d in shape)
        {
            dimensions.AddRange(Field(1, Number(1, d)));
        }

        return [.. Text(1, name), .. Field(2, Field(1, [.. Number(1, 1), .. Field(2, [.. dimensions])]))];
    }

    /// <summary>A model of a graph's fields (ModelProto: 1 ir_version, 7 graph, 8 opset_import with 2 version).</summary>
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
