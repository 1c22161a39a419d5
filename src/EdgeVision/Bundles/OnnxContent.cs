namespace EdgeVision;

/// <summary>Nodes and constant tensors of an ONNX graph and its subgraphs, without values.</summary>
internal sealed class OnnxContent
{
    /// <summary>Nodes in the file's order, which is execution order; nodes of a body precede the node that runs it.</summary>
    public List<FileNode> Nodes { get; } = [];

    /// <summary>Initializers, and tensors of Constant nodes under the name of their output.</summary>
    public List<FileTensor> Tensors { get; } = [];
}

/// <summary>Node of a graph. An omitted input has an empty name.</summary>
internal sealed record FileNode(string Name, string Operator, string Domain, string[] Inputs, string[] Outputs, string? Equation)
{
    // NodeProto: 1 input, 2 output, 3 name, 4 op_type, 5 attribute, 7 domain; AttributeProto: 1 name, 4 s, 5 t
    public static FileNode Read(OnnxReader reader, OnnxContent content)
    {
        List<string> inputs = [], outputs = [];
        string name = "", type = "", domain = "";
        string? equation = null;
        FileTensor? constant = null;
        while (reader.Next(out int field, out int wire))
        {
            switch (field)
            {
                case 1 when wire == 2:
                    inputs.Add(reader.Text());
                    break;
                case 2 when wire == 2:
                    outputs.Add(reader.Text());
                    break;
                case 3 when wire == 2:
                    name = reader.Text();
                    break;
                case 4 when wire == 2:
                    type = reader.Text();
                    break;
                case 7 when wire == 2:
                    domain = reader.Text();
                    break;
                case 5 when wire == 2:
                    var attribute = reader.Message();
                    string key = "";
                    while (attribute.Next(out int inner, out int innerWire))
                    {
                        switch (inner)
                        {
                            case 1 when innerWire == 2:
                                key = attribute.Text();
                                break;
                            case 4 when innerWire == 2 && key == "equation":
                                equation = attribute.Text();
                                break;
                            case 5 when innerWire == 2 && key == "value":
                                constant = FileTensor.Read(attribute.Message());
                                break;
                            default:
                                attribute.Skip(innerWire);
                                break;
                        }
                    }

                    break;
                default:
                    reader.Skip(wire);
                    break;
            }
        }

        if (type == "Constant" && constant is not null && outputs.Count == 1)
        {
            content.Tensors.Add(constant with { Name = outputs[0] });
        }

        return new FileNode(name, type, domain, [.. inputs], [.. outputs], equation);
    }
}

/// <summary>Constant tensor: its element type as an ONNX TensorProto.DataType number, and its element count.</summary>
internal sealed record FileTensor(string Name, int Type, long Elements)
{
    // TensorProto: 1 dims, 2 data_type, 8 name
    public static FileTensor Read(OnnxReader reader)
    {
        string name = "";
        int type = 0;
        var shape = new List<long>();
        while (reader.Next(out int field, out int wire))
        {
            switch (field)
            {
                case 1 when wire is 0 or 2:
                    reader.Numbers(wire, shape);
                    break;
                case 2 when wire == 0:
                    type = (int)reader.Number();
                    break;
                case 8 when wire == 2:
                    name = reader.Text();
                    break;
                default:
                    reader.Skip(wire);
                    break;
            }
        }

        long elements = 1;
        foreach (long d in shape)
        {
            elements = d >= 0 && (d == 0 || elements <= long.MaxValue / d) ? elements * d : throw reader.Damaged();
        }

        return new FileTensor(name, type, elements);
    }
}
