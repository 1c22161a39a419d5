namespace EdgeVision;

/// <summary>
/// YOLO rows [N, rows, 5 + classes] of cx, cy, w, h, objectness, class scores. As exported by YOLOv5, v6 and v7 ("yolo-rows"): pixels of the
/// input, score = objectness * class above the threshold, suppression as Ultralytics. As exported by YOLOX ("yolox"): cells of
/// <c>strides</c> (8, 16, 32) still to be placed, xy = (value + cell) * stride, wh = exp(value) * stride, unless <c>decoded</c>; a
/// score at the threshold passes, and suppression is torchvision's batched_nms (yolox/utils/boxes.py, postprocess).
/// </summary>
internal sealed class YoloRowsDecoder : CandidateDecoder
{
    private readonly int _output;
    private readonly int _classes;
    private readonly bool _yolox;
    private readonly (float X, float Y, float Stride)[]? _cells;

    public YoloRowsDecoder(DecoderInputs inputs, bool yolox)
        : base(inputs)
    {
        inputs.Expect(1, "rows [N, rows, 5 + classes]");
        inputs.ExpectShape(0, "rows", -1, -1, -1);
        _output = inputs.Indices[0];
        _yolox = yolox;
        _classes = Classes(inputs, inputs.FromEnd(0, 1), 5, inputs.Info(0));
        if (yolox && !inputs.Bool("decoded", false))
        {
            int[] strides = inputs.Strides([8, 16, 32]);
            inputs.ExpectAnchors(strides, _ => 1);
            _cells = [.. StrideCells.Of(inputs.Spec.Input.Width, inputs.Spec.Input.Height, strides)];
            if (inputs.Info(0).Shape[1] is > 0 and var rows && rows != _cells.Length)
            {
                throw new ModelFormatException($"decoder '{DecoderName}' finds {_cells.Length} cells in its strides; the graph has {inputs.Info(0)}");
            }
        }
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.Shape(_output);
        int size = 5 + _classes;
        if (shape.Length != 3 || shape[2] != size || batch >= shape[0] || _cells is not null && shape[1] != _cells.Length)
        {
            throw Unfit($"[N, {(_cells is null ? "rows" : _cells.Length)}, {size}]", shape);
        }

        int rows = (int)shape[1];
        var data = outputs.Data(_output).Slice(batch * rows * size, rows * size);
        string name = outputs.Name(_output);
        Finite.Check(data, name);
        Candidates.Clear();
        for (int i = 0; i < rows; i++)
        {
            var row = data.Slice(i * size, size);
            float objectness = row[4];
            if (!_yolox && !(objectness > Options.Confidence)) // YOLOv5 drops these before it looks at classes
            {
                continue;
            }

            int best = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row[5..]);
            float score = objectness * row[5 + best];
            if (!(_yolox ? score >= Options.Confidence : score > Options.Confidence))
            {
                continue;
            }

            float cx = row[0], cy = row[1], w = row[2], h = row[3];
            if (_cells is not null)
            {
                var (x, y, stride) = _cells[i];
                (cx, cy, w, h) = ((cx + x) * stride, (cy + y) * stride, MathF.Exp(w) * stride, MathF.Exp(h) * stride);
            }

            Candidates.Add(CandidateList.Checked(new Box(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), name), score, best, i);
        }

        if (_yolox)
        {
            Report(transform, result, classOffset: -1);
        }
        else
        {
            Report(transform, result, YoloCandidates.ClassOffset, YoloCandidates.MaxCandidates);
        }
    }
}

/// <summary>Cells of feature levels, one after the other.</summary>
internal static class StrideCells
{
    /// <summary>Column, row and stride of each cell: level, y, x; a level has ceil(size / stride) cells an axis.</summary>
    public static List<(float X, float Y, float Stride)> Of(int width, int height, int[] strides)
    {
        var cells = new List<(float, float, float)>();
        foreach (int stride in strides)
        {
            for (int y = 0; y < (height + stride - 1) / stride; y++)
            {
                for (int x = 0; x < (width + stride - 1) / stride; x++)
                {
                    cells.Add((x, y, stride));
                }
            }
        }

        return cells;
    }
}
