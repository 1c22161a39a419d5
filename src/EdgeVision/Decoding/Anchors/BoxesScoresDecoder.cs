using EdgeVision.Decoding.Common;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Anchors;

/// <summary>Decodes boxes [N, A, 4] and class scores [N, A, classes] or [N, classes, A], with suppression by class.</summary>
/// <remarks>
/// <c>scores</c> is "boxes-first" or "classes-first". DAMO-YOLO, PP-YOLOE and graphs without their NonMaxSuppression have such outputs.
/// With a third output, the operator's selected indices [K, 3] of item, class and box, nothing is suppressed again. <c>format</c>: xyxy,
/// yxyx or cxcywh; <c>unit</c>: coordinates are fractions of the input, otherwise its pixels; <c>background</c>: class 0 is the background;
/// <c>multiLabel</c> (true): every class above the threshold is a candidate, otherwise only the best one. Classes are compared, not moved
/// apart.
/// </remarks>
internal sealed class BoxesScoresDecoder : CandidateDecoder
{
    private readonly int _boxes, _scores, _indices = -1;
    private readonly int _classes;
    private readonly int _skip;
    private readonly bool _classesFirst;
    private readonly bool _multiLabel;
    private readonly bool _unit;
    private readonly int _format;
    private ulong[] _keys = [];

    public BoxesScoresDecoder(DecoderInputs inputs)
        : base(inputs)
    {
        bool selected = inputs.OutputIndices.Count == 3;
        inputs.RequireOutputCount(selected ? 3 : 2, "boxes [N, A, 4], scores [N, A, classes] and, optionally, selected indices [K, 3]");
        inputs.RequireShape(0, "boxes", -1, -1, 4);
        inputs.RequireShape(1, "scores", -1, -1, -1);
        (_boxes, _scores) = (inputs.OutputIndices[0], inputs.OutputIndices[1]);
        string order = inputs.GetString("scores", selected ? "classes-first" : "boxes-first"), format = inputs.GetString("format", "xyxy");
        _format = Array.IndexOf(["xyxy", "yxyx", "cxcywh"], format);
        if (order is not ("boxes-first" or "classes-first") || _format < 0)
        {
            throw new SpecException(
                $"parameter 'scores' of decoder '{DecoderName}' must be boxes-first or classes-first and parameter 'format' xyxy, yxyx or "
                    + "cxcywh; "
                    + $"got '{order}' and '{format}'");
        }

        if (selected)
        {
            inputs.RequireShape(2, "selected indices", -1, 3);
            _indices = inputs.OutputIndices[2];
        }

        _classesFirst = order == "classes-first";
        _multiLabel = inputs.GetBool("multiLabel", true);
        _unit = inputs.GetBool("unit", false);
        _skip = inputs.GetBool("background", false) ? 1 : 0;
        _classes = GetClassCount(inputs, inputs.GetTensorInfo(1).Shape[_classesFirst ? 1 : 2], _skip, inputs.GetTensorInfo(1)) + _skip;
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_boxes);
        var scoreShape = outputs.GetShape(_scores);
        if (shape.Length != 3 || shape[2] != 4 || batch >= shape[0] || scoreShape.Length != 3 || scoreShape[0] != shape[0]
            || scoreShape[_classesFirst ? 2 : 1] != shape[1] || scoreShape[_classesFirst ? 1 : 2] != _classes)
        {
            throw ShapeMismatch($"boxes [N, A, 4] and scores for {_classes} classes", shape);
        }

        int count = (int)shape[1];
        var boxes = outputs.GetData(_boxes).Slice(batch * count * 4, count * 4);
        var scores = outputs.GetData(_scores).Slice(batch * count * _classes, count * _classes);
        FiniteCheck.ThrowIfNotFinite(scores, outputs.GetName(_scores));
        Candidates.Clear();
        if (_indices >= 0)
        {
            DecodeSelected(outputs, batch, boxes, scores, count, transform);
            ReportBest(transform, result, ref _keys);
            return;
        }

        for (int i = 0; i < count; i++)
        {
            int best = -1;
            float most = Options.Confidence;
            for (int c = _skip; c < _classes; c++)
            {
                float score = scores[_classesFirst ? c * count + i : i * _classes + c];
                if (_multiLabel && score > Options.Confidence)
                {
                    Candidates.Add(GetBox(boxes.Slice(i * 4, 4), transform, outputs.GetName(_boxes)), score, c - _skip, i);
                }
                else if (!_multiLabel && score > most)
                {
                    (most, best) = (score, c);
                }
            }

            if (best >= 0)
            {
                Candidates.Add(GetBox(boxes.Slice(i * 4, 4), transform, outputs.GetName(_boxes)), most, best - _skip, i);
            }
        }

        Report(transform, result);
    }

    private void DecodeSelected(TensorSet outputs, int batch, ReadOnlySpan<float> boxes, ReadOnlySpan<float> scores, int count,
        in FrameTransform transform)
    {
        var shape = outputs.GetShape(_indices);
        if (shape.Length != 2 || shape[1] != 3)
        {
            throw ShapeMismatch("selected indices [K, 3]", shape);
        }

        var rows = outputs.GetData(_indices);
        for (int k = 0; k < rows.Length; k += 3)
        {
            float item = rows[k], c = rows[k + 1], i = rows[k + 2];
            if (!(item >= 0 && c >= 0 && c < _classes && i >= 0 && i < count))
            {
                throw new InvalidOutputException(
                    $"output '{outputs.GetName(_indices)}' must select one of {_classes} classes and {count} boxes; "
                        + $"got item {item}, class {c}, box {i}");
            }

            float score = scores[_classesFirst ? (int)c * count + (int)i : (int)i * _classes + (int)c];
            if (item == batch && c >= _skip && score > Options.Confidence)
            {
                Candidates.Add(GetBox(boxes.Slice((int)i * 4, 4), transform, outputs.GetName(_boxes)), score, (int)c - _skip, (int)i);
            }
        }
    }

    private Box GetBox(ReadOnlySpan<float> b, in FrameTransform t, string name)
    {
        var box = _format switch
        {
            0 => new Box(b[0], b[1], b[2], b[3]),
            1 => new Box(b[1], b[0], b[3], b[2]),
            _ => new Box(b[0] - b[2] / 2, b[1] - b[3] / 2, b[0] + b[2] / 2, b[1] + b[3] / 2),
        };
        box = _unit ? new Box(box.X1 * t.InputWidth, box.Y1 * t.InputHeight, box.X2 * t.InputWidth, box.Y2 * t.InputHeight) : box;

        // NonMaxSuppression accepts corners in any order.
        var ordered = new Box(
            MathF.Min(box.X1, box.X2), MathF.Min(box.Y1, box.Y2), MathF.Max(box.X1, box.X2), MathF.Max(box.Y1, box.Y2));
        return CandidateList.EnsureFinite(ordered, name);
    }
}
