using EdgeVision.Decoding.Common;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Yolo;

/// <summary>Decodes raw heads of YOLO with anchors, one output for each stride.</summary>
/// <remarks>
/// Outputs are [N, anchors * (5 + classes), h, w] or [N, anchors, h, w, 5 + classes]. The parameter <c>anchors</c> holds for each output
/// the widths and heights in pixels, <c>strides</c> its stride. <c>formula</c>: <c>v5</c> (YOLOv5, v7): xy = (2 sigmoid + cell - 0.5) *
/// stride, wh = (2 sigmoid)^2 * anchor; <c>v3</c> (YOLOv3, v4): xy = (sigmoid * s - (s - 1) / 2 + cell) * stride with <c>scaleXy</c> s (1;
/// v4: 1.2, 1.1, 1.05), wh = exp * anchor; <c>v2</c> (Tiny YOLOv2): as v3, and class scores are a softmax. With the other formulas they are
/// sigmoids. score = objectness * class, above the threshold; suppression as in Ultralytics (classes 7680 pixels apart, 30,000 candidates).
/// </remarks>
internal sealed class YoloAnchorDecoder : CandidateDecoder
{
    private readonly int[] _outputs;
    private readonly float[][] _anchors;
    private readonly int[] _strides;
    private readonly float[] _scaleXy;
    private readonly int _classes;
    private readonly bool _v5;
    private readonly bool _softmax;
    private readonly float[] _row;

    public YoloAnchorDecoder(DecoderInputs inputs, string formula)
        : base(inputs)
    {
        formula = inputs.GetString("formula", formula);
        if (formula is not ("v5" or "v3" or "v2"))
        {
            throw new SpecException($"parameter 'formula' of decoder '{DecoderName}' must be v5, v3 or v2; got '{formula}'");
        }

        (_v5, _softmax) = (formula == "v5", formula == "v2");
        _strides = inputs.GetStrides(formula == "v2" ? [32] : null);
        _anchors = formula == "v2" && !inputs.Output.Parameters.ContainsKey("anchors")
            // Anchors of Pascal VOC.
            ? [
                [
                    1.08f * 32, 1.19f * 32, 3.42f * 32, 4.41f * 32, 6.63f * 32, 11.38f * 32,
                    9.42f * 32, 5.11f * 32, 16.62f * 32, 10.52f * 32,
                ],
            ]
            : inputs.GetFloatLists("anchors");
        _scaleXy = inputs.GetFloats("scaleXy", [.. _strides.Select(_ => 1f)]);
        if (_anchors.Length != _strides.Length || _scaleXy.Length != _strides.Length || _scaleXy.Any(s => !(s > 0))
            || _anchors.Any(a => a.Length == 0 || a.Length % 2 != 0 || a.Length > 64 || a.Any(v => !(v > 0))))
        {
            throw new SpecException(
                $"parameters of decoder '{DecoderName}' must be, for each of {_strides.Length} strides, a list of 'anchors' "
                    + $"(up to 32 pairs of width and height above 0) and one 'scaleXy' above 0; "
                    + $"got {_anchors.Length} lists of anchors and {_scaleXy.Length} values of scaleXy");
        }

        inputs.RequireOutputCount(_strides.Length, "one output for each stride, [N, anchors * (5 + classes), h, w] or [N, anchors, h, w, 5 + classes]");
        _outputs = [.. inputs.OutputIndices];
        int rank = inputs.GetTensorInfo(0).Shape.Length, perCell = _anchors[0].Length / 2;
        long channels = rank == 5
            ? inputs.GetDimensionFromEnd(0, 1)
            : inputs.GetDimensionFromEnd(0, 3) is > 0 and var all && all % perCell == 0 ? all / perCell : inputs.GetDimensionFromEnd(0, 3);
        bool declared = channels > 0 && (rank == 5 || inputs.GetDimensionFromEnd(0, 3) % perCell == 0);
        if (rank is not (4 or 5) || channels is > 0 and < 6 || channels > 0 && !declared)
        {
            throw new ModelFormatException(
                $"decoder '{DecoderName}' expects outputs [N, {perCell} * (5 + classes), h, w] or [N, {perCell}, h, w, 5 + classes]; "
                    + $"the graph has {inputs.GetTensorInfo(0)}");
        }

        _classes = GetClassCount(inputs, channels, 5, inputs.GetTensorInfo(0));
        for (int i = 0; i < _outputs.Length; i++)
        {
            perCell = _anchors[i].Length / 2;
            if (inputs.GetTensorInfo(i).Shape.Length == 5)
            {
                inputs.RequireShape(i, "head", -1, perCell, -1, -1, 5 + _classes);
            }
            else
            {
                inputs.RequireShape(i, "head", -1, perCell * (5 + _classes), -1, -1);
            }
        }

        _row = new float[5 + _classes];
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        Candidates.Clear();
        for (int level = 0; level < _outputs.Length; level++)
        {
            DecodeLevel(outputs, level, batch);
        }

        Report(transform, result, YoloCandidates.ClassOffset, YoloCandidates.MaxCandidates);
    }

    private void DecodeLevel(TensorSet outputs, int level, int batch)
    {
        var shape = outputs.GetShape(_outputs[level]);
        int perCell = _anchors[level].Length / 2, size = 5 + _classes;
        bool last = shape.Length == 5;
        if (last ? shape[1] != perCell || shape[4] != size : shape.Length != 4 || shape[1] != perCell * size)
        {
            throw ShapeMismatch($"[N, {perCell * size}, h, w] or [N, {perCell}, h, w, {size}]", shape);
        }

        if (batch >= shape[0])
        {
            throw ShapeMismatch($"item {batch}", shape);
        }

        int h = (int)shape[last ? 2 : 2], w = (int)shape[3], plane = h * w;
        var data = outputs.GetData(_outputs[level]).Slice(batch * perCell * plane * size, perCell * plane * size);
        string name = outputs.GetName(_outputs[level]);
        for (int a = 0; a < perCell; a++)
        {
            // Planes per channel, or rows: a value lies at first + cell * cellStep + channel * channelStep.
            int first = a * plane * size, cellStep = last ? size : 1, channelStep = last ? 1 : plane;
            for (int cell = 0; cell < plane; cell++)
            {
                int at = first + cell * cellStep;
                float objectness = data[at + 4 * channelStep];
                if (!float.IsFinite(objectness))
                {
                    throw new InvalidOutputException($"output '{name}' contains NaN or infinity; the model or its input is broken");
                }

                if (objectness > LogitThreshold && Sigmoid(objectness) > Options.Confidence)
                {
                    DecodeCell(data, at, channelStep, level, a, cell % w, cell / w, name);
                }
            }
        }
    }

    private void DecodeCell(ReadOnlySpan<float> data, int at, int step, int level, int anchor, int x, int y, string name)
    {
        for (int k = 0; k < _row.Length; k++)
        {
            _row[k] = data[at + k * step];
        }

        FiniteCheck.ThrowIfNotFinite(_row, name);
        int best = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(_row.AsSpan(5));
        float classScore = Sigmoid(_row[5 + best]);
        if (_softmax)
        {
            float sum = 0;
            for (int c = 0; c < _classes; c++)
            {
                sum += MathF.Exp(_row[5 + c] - _row[5 + best]);
            }

            classScore = 1 / sum;
        }

        float score = Sigmoid(_row[4]) * classScore;
        if (!(score > Options.Confidence))
        {
            return;
        }

        float s = _strides[level], aw = _anchors[level][2 * anchor], ah = _anchors[level][2 * anchor + 1], scale = _scaleXy[level];
        float cx, cy, bw, bh;
        if (_v5)
        {
            (cx, cy) = ((Sigmoid(_row[0]) * 2 + (x - 0.5f)) * s, (Sigmoid(_row[1]) * 2 + (y - 0.5f)) * s);
            float tw = Sigmoid(_row[2]) * 2, th = Sigmoid(_row[3]) * 2;
            (bw, bh) = (tw * tw * aw, th * th * ah);
        }
        else
        {
            cx = (Sigmoid(_row[0]) * scale - 0.5f * (scale - 1) + x) * s;
            cy = (Sigmoid(_row[1]) * scale - 0.5f * (scale - 1) + y) * s;
            (bw, bh) = (MathF.Exp(_row[2]) * aw, MathF.Exp(_row[3]) * ah);
        }

        Candidates.Add(CandidateList.EnsureFinite(new Box(cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2), name), score, best, 0);
    }
}
