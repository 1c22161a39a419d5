namespace EdgeVision.Inference.OnnxFiles;

/// <summary>Nodes and constant tensors of an ONNX file, of the graph and of the graphs within it, without values.</summary>
public sealed class OnnxGraphContent
{
    private readonly List<OnnxNode> _nodes = [];
    private readonly List<OnnxConstant> _constants = [];

    /// <summary>Nodes in the file's order, which is the order of execution; those of a body stand before the node that runs it.</summary>
    public IReadOnlyList<OnnxNode> Nodes => _nodes;

    /// <summary>Initializers, and the tensors of Constant nodes by the name of their output.</summary>
    public IReadOnlyList<OnnxConstant> Constants => _constants;

    /// <summary>Reads a file in place; weights are skipped, so that memory does not grow with the model.</summary>
    /// <exception cref="ModelFormatException">The file is no readable ONNX model, or it reaches outside its folder.</exception>
    public static OnnxGraphContent Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var content = new OnnxGraphContent();
        OnnxFile.ReadContent(path, content);
        return content;
    }

    internal void Add(OnnxNode node) => _nodes.Add(node);

    internal void Add(OnnxConstant constant) => _constants.Add(constant);

    // NodeProto: 1 input, 2 output, 3 name, 4 op_type, 5 attribute, 7 domain; AttributeProto: 1 name, 4 s, 5 t
    internal static OnnxNode ReadNode(OnnxReader reader, OnnxGraphContent content)
    {
        List<string> inputs = [], outputs = [];
        string name = "", type = "", domain = "";
        string? equation = null;
        OnnxConstant? constant = null;
        while (reader.TryReadTag(out int field, out int wire))
        {
            switch (field)
            {
                case 1 when wire == 2:
                    inputs.Add(reader.ReadText());
                    break;
                case 2 when wire == 2:
                    outputs.Add(reader.ReadText());
                    break;
                case 3 when wire == 2:
                    name = reader.ReadText();
                    break;
                case 4 when wire == 2:
                    type = reader.ReadText();
                    break;
                case 7 when wire == 2:
                    domain = reader.ReadText();
                    break;
                case 5 when wire == 2:
                    var attribute = reader.ReadMessage();
                    string key = "";
                    while (attribute.TryReadTag(out int inner, out int innerWire))
                    {
                        switch (inner)
                        {
                            case 1 when innerWire == 2:
                                key = attribute.ReadText();
                                break;
                            case 4 when innerWire == 2 && key == "equation":
                                equation = attribute.ReadText();
                                break;
                            case 5 when innerWire == 2 && key == "value":
                                constant = ReadConstant(attribute.ReadMessage());
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
            content.Add(constant with { Name = outputs[0] });
        }

        return new OnnxNode(name, type, domain, [.. inputs], [.. outputs], equation);
    }

    // TensorProto: 1 dims, 2 data_type, 8 name
    internal static OnnxConstant ReadConstant(OnnxReader reader)
    {
        string name = "";
        int type = 0;
        var shape = new List<long>();
        while (reader.TryReadTag(out int field, out int wire))
        {
            switch (field)
            {
                case 1 when wire is 0 or 2:
                    reader.ReadNumbers(wire, shape);
                    break;
                case 2 when wire == 0:
                    type = (int)reader.ReadNumber();
                    break;
                case 8 when wire == 2:
                    name = reader.ReadText();
                    break;
                default:
                    reader.Skip(wire);
                    break;
            }
        }

        long elements = 1;
        foreach (long d in shape)
        {
            elements = d >= 0 && (d == 0 || elements <= long.MaxValue / d) ? elements * d : throw reader.DamagedError();
        }

        return new OnnxConstant(name, type, elements);
    }
}

/// <summary>A node of an ONNX graph. An input that is left out has an empty name.</summary>
/// <param name="Name">Name of the node; may be empty.</param>
/// <param name="Operator">Operator, such as Conv.</param>
/// <param name="Domain">Domain of the operator; empty for ONNX's own.</param>
/// <param name="Inputs">Names of the inputs.</param>
/// <param name="Outputs">Names of the outputs.</param>
/// <param name="Equation">The equation of an Einsum node; null elsewhere.</param>
public sealed record OnnxNode(string Name, string Operator, string Domain, string[] Inputs, string[] Outputs, string? Equation);

/// <summary>A constant tensor of an ONNX graph.</summary>
/// <param name="Name">Name of the tensor.</param>
/// <param name="Type">Element type, numbered as in ONNX's TensorProto.DataType.</param>
/// <param name="Elements">Number of elements.</param>
public sealed record OnnxConstant(string Name, int Type, long Elements);
