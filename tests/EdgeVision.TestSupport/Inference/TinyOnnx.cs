using System.Text;

namespace EdgeVision.TestSupport.Inference;

/// <summary>The fewest bytes that make an ONNX model, written by hand so that they can be bent.</summary>
internal static class TinyOnnx
{
    /// <summary>y = Identity(x) or another unary operator, float32.</summary>
    public static byte[] Unary(string op, object[] input, object[] output, (string Key, string Value)[]? metadata = null, byte[]? graphExtra = null, int inputType = 1, int outputType = 1) =>
    [
        .. Number(1, 8),
        .. Bytes(2, Encoding.UTF8.GetBytes("tests")),
        .. Bytes(7, Graph(op, input, output, graphExtra ?? [], inputType, outputType)),
        .. Bytes(8, [.. Bytes(1, []), .. Number(2, 13)]),
        .. (metadata ?? []).SelectMany(m => Bytes(14, [.. Text(1, m.Key), .. Text(2, m.Value)])),
    ];

    /// <summary>An initializer whose data lies in another file: bytes of a GraphProto's field.</summary>
    public static byte[] External(string location) => Bytes(5, Tensor(location));

    /// <summary>The same in a node's attribute (Constant), in a graph inside an attribute, in a sparse initializer.</summary>
    public static byte[] ExternalInAttribute(string location) =>
        Bytes(1, [.. Text(2, "c"), .. Text(4, "Constant"), .. Bytes(5, [.. Text(1, "value"), .. Bytes(5, Tensor(location)), .. Number(20, 4)])]);

    public static byte[] ExternalInSubgraph(string location) =>
        Bytes(1, [.. Text(4, "If"), .. Bytes(5, [.. Text(1, "then_branch"), .. Bytes(6, External(location)), .. Number(20, 5)])]);

    public static byte[] ExternalInSparse(string location) => Bytes(15, Bytes(1, Tensor(location)));

    /// <summary>Graphs within attributes within graphs.</summary>
    public static byte[] Nested(int depth)
    {
        byte[] graph = [];
        for (int i = 0; i < depth; i++)
        {
            graph = Bytes(1, Bytes(5, Bytes(6, graph)));
        }

        return graph;
    }

    public static byte[] Bytes(int field, byte[] content) => [.. Varint((ulong)field << 3 | 2), .. Varint((ulong)content.Length), .. content];

    public static byte[] Number(int field, long value) => [.. Varint((ulong)field << 3), .. Varint((ulong)value)];

    public static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Tensor(string location) =>
        [.. Number(1, 4), .. Number(2, 1), .. Text(8, "w"), .. Bytes(13, [.. Text(1, "location"), .. Text(2, location)]), .. Number(14, 1)];

    private static byte[] Graph(string op, object[] input, object[] output, byte[] extra, int inputType, int outputType) =>
    [
        .. Bytes(1, [.. Text(1, "x"), .. Text(2, "y"), .. Text(4, op)]),
        .. Text(2, "g"),
        .. extra,
        .. Bytes(11, Value("x", input, inputType)),
        .. Bytes(12, Value("y", output, outputType)),
    ];

    private static byte[] Value(string name, object[] shape, int type) =>
        [.. Text(1, name), .. Bytes(2, Bytes(1, [.. Number(1, type), .. Bytes(2, [.. shape.SelectMany(d => Bytes(1, d is string s ? Text(2, s) : Number(1, Convert.ToInt64(d, null))))])]))];

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}
