namespace EdgeVision.Onnx.Passes;

/// <summary>Adds non-maximum suppression to a YOLO-style output.</summary>
/// <remarks>
/// The output [N, 4 + classes, anchors] of cx, cy, w, h and scores becomes [N, rows, 6] of x1, y1, x2, y2, score, class: the detections of
/// an item after class-wise NonMaxSuppression, best scores first. Each box has only its best class. Rows after the last detection are zero.
/// </remarks>
public static class NmsInGraph
{
    /// <summary>Changes a model in place: the output is replaced by <c>detections</c>.</summary>
    /// <param name="model">Model to change.</param>
    /// <param name="output">Name of the output.</param>
    /// <param name="iou">IoU above which the lower-scored of two boxes is removed.</param>
    /// <param name="confidence">Minimum score.</param>
    /// <param name="maxDetections">Number of output rows per item.</param>
    /// <returns>Name of the new output.</returns>
    /// <exception cref="InvalidDataException">
    /// There is no such output with static classes and anchors, or it has fewer candidates than <paramref name="maxDetections"/>.
    /// </exception>
    public static string Apply(OnnxModel model, string output, float iou, float confidence, int maxDetections)
    {
        ArgumentNullException.ThrowIfNull(model);
        var graph = model.Graph;
        var edit = new GraphEditor(graph);
        var info = graph.Output.FirstOrDefault(o => o.Name == output)
            ?? throw new InvalidDataException($"the model has no output '{output}'");
        var dims = info.Type.TensorType.Shape?.Dim;
        if (dims is not { Count: 3 } || dims[1].DimValue < 5 || dims[2].DimValue < 1)
        {
            throw new InvalidDataException($"output '{output}' must be [N, 4 + classes, anchors] with static classes and anchors");
        }

        long classes = dims[1].DimValue - 4, anchors = dims[2].DimValue;
        if (maxDetections < 1 || maxDetections > classes * anchors)
        {
            throw new InvalidDataException($"the number of rows must be between 1 and {classes * anchors} (classes * anchors); got {maxDetections}");
        }

        var nodes = new List<NodeProto>();
        string Add(string op, string name, IEnumerable<string> inputs, params IEnumerable<AttributeProto> attributes)
        {
            var node = edit.CreateNode(op, $"nms.{name}", inputs, attributes);
            nodes.Add(node);
            return node.Output[0];
        }

        string Ints(string name, params ReadOnlySpan<long> values) => edit.AddConstant($"nms.{name}", values, values.Length);
        string Float(string name, float value) => edit.AddConstant($"nms.{name}", [value], 1);
        string one = Ints("one", 1), two = Ints("two", 2), four = Ints("four", 4), zero = Ints("zero", 0), end = Ints("end", long.MaxValue);

        string corners = Add("Slice", "sides", [output, zero, four, one]);
        string boxes = Add("Transpose", "boxes", [corners], OnnxAttribute.Ints("perm", 0, 2, 1));
        string allScores = Add("Slice", "all_scores", [output, four, end, one]);

        // Only the best class of each box counts, as in Ultralytics' predict; the first of equal ones.
        string bestClass = Add("ArgMax", "best_class", [allScores], OnnxAttribute.Int("axis", 1), OnnxAttribute.Int("keepdims", 1));
        string ids = edit.AddConstant("nms.ids", [.. Enumerable.Range(0, (int)classes).Select(c => (long)c)], 1, classes, 1);
        var toFloat = OnnxAttribute.Int("to", (int)TensorProto.Types.DataType.Float);
        string isBest = Add("Cast", "is_best", [Add("Equal", "equal", [bestClass, ids])], toFloat.Clone());
        string scores = Add("Mul", "scores", [allScores, isBest]);
        string kept = Add(
            "NonMaxSuppression",
            "kept",
            [boxes, scores, Ints("most", anchors), Float("iou", iou), Float("confidence", confidence)],
            OnnxAttribute.Int("center_point_box", 1));

        // The mask is 1 for each kept pair of class and box; TopK of the masked scores gives the kept ones first.
        string shape = Add("Shape", "shape", [scores]);
        string none = Add("ConstantOfShape", "none", [shape], OnnxAttribute.Tensor("value", OnnxTensor.Create("value", [0f], 1)));
        string rows = Add("Shape", "rows", [kept]);
        string count = Add("Slice", "count", [rows, zero, one, zero]);
        string ones = Add("ConstantOfShape", "ones", [count], OnnxAttribute.Tensor("value", OnnxTensor.Create("value", [1f], 1)));
        string mask = Add("ScatterND", "mask", [none, kept, ones]);
        string masked = Add("Mul", "masked", [scores, mask]);
        string flat = Add("Reshape", "flat", [masked, Ints("flat_shape", 0, classes * anchors)]);
        var top = new NodeProto { OpType = "TopK", Name = edit.CreateUniqueName("nms.top") };
        top.Input.AddRange([flat, Ints("k", maxDetections)]);
        top.Output.AddRange([edit.CreateUniqueName("nms.best"), edit.CreateUniqueName("nms.places")]);
        top.Attribute.AddRange([OnnxAttribute.Int("axis", 1), OnnxAttribute.Int("largest", 1), OnnxAttribute.Int("sorted", 1)]);
        nodes.Add(top);
        string best = Add("Unsqueeze", "best_column", [top.Output[0], two]), places = top.Output[1], each = Ints("anchors", anchors);
        string classId = Add("Div", "class", [places, each]);
        string anchor = Add("Mod", "anchor", [places, each]);

        string column = Add("Unsqueeze", "anchor_column", [anchor, two]);
        string four3 = Ints("four_columns", 1, 1, 4);
        string index = Add("Expand", "anchor_index", [column, four3]);
        string chosen = Add("GatherElements", "chosen", [boxes, index], OnnxAttribute.Int("axis", 1));
        string centre = Add("Slice", "centre", [chosen, zero, two, two]);
        string size = Add("Slice", "size", [chosen, two, four, two]);
        string halfSize = Add("Mul", "half", [size, Float("half_of", 0.5f)]);
        string upper = Add("Sub", "upper", [centre, halfSize]), lower = Add("Add", "lower", [centre, halfSize]);
        string label = Add("Unsqueeze", "label", [Add("Cast", "class_number", [classId], toFloat.Clone()), two]);
        string all = Add("Concat", "all", [upper, lower, best, label], OnnxAttribute.Int("axis", 2));
        // Candidates that were not kept have the score 0; their rows become zero.
        string there = Add("Cast", "there", [Add("Greater", "above", [best, Float("nothing", 0)])], toFloat.Clone());
        Add("Mul", "rows_of_detections", [all, there]);
        string name = edit.CreateUniqueName("detections");
        nodes[^1].Output[0] = name;
        graph.Node.AddRange(nodes);

        var batch = dims[0].Clone();
        graph.Output.Remove(info);
        var described = new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto
            {
                TensorType = new TypeProto.Types.Tensor
                {
                    ElemType = (int)TensorProto.Types.DataType.Float,
                    Shape = new TensorShapeProto(),
                },
            },
        };
        described.Type.TensorType.Shape.Dim.AddRange([batch, new() { DimValue = maxDetections }, new() { DimValue = 6 }]);
        graph.Output.Add(described);
        return name;
    }
}
