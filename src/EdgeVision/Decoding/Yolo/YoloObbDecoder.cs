using EdgeVision.Decoding.Common;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Yolo;

/// <summary>Decodes oriented boxes as Ultralytics exports them: one output [N, 4 + classes + 1, anchors].</summary>
/// <remarks>
/// Rows are cx, cy, w, h in input pixels, class scores 0..1 and an angle in radians. Suppression by ProbIoU (probabilistic IoU of the
/// boxes' Gaussians) as in Ultralytics' nms_rotated: IoU &gt;= threshold suppresses, and a box that is itself suppressed still suppresses
/// others. The result is regularized (w &gt;= h, angle in [0, pi)) and, as there, center and sides are clipped to the frame's size.
/// </remarks>
internal sealed class YoloObbDecoder : OutputDecoder
{
    private readonly int _output;
    private readonly int _classes;
    private readonly DecoderOptions _options;
    private readonly YoloCandidates _candidates;
    private readonly RotatedNms _nms = new(RotatedNmsConvention.Ultralytics);
    private RotatedBox[] _boxes = [];

    public YoloObbDecoder(DecoderInputs inputs)
    {
        inputs.RequireOutputCount(1, "rows [N, 4 + classes + 1, anchors]");
        inputs.RequireShape(0, "rows", -1, -1, -1);
        _output = inputs.OutputIndices[0];
        _options = inputs.Options;
        long channels = inputs.GetTensorInfo(0).Shape[1];
        _classes = channels > 0 ? (int)channels - 5 : inputs.Labels.Length;
        if (_classes < 1 || inputs.Labels.Length > 0 && inputs.Labels.Length != _classes)
        {
            throw new ModelFormatException(
                $"decoder 'yolo-obb' finds {_classes} classes in output {inputs.GetTensorInfo(0)}, but the spec has {inputs.Labels.Length} labels");
        }

        _candidates = new YoloCandidates(inputs.GetTensorInfo(0).Name, inputs.Options);
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform t, VisionResult result)
    {
        var shape = outputs.GetShape(_output);
        if (shape.Length != 3 || shape[1] != 5 + _classes || batch >= shape[0])
        {
            throw new ModelFormatException(
                $"decoder 'yolo-obb' expects [N, {5 + _classes}, anchors]; the network returned [{string.Join(", ", shape.ToArray())}]");
        }

        int anchors = (int)shape[2], size = (int)shape[1] * anchors;
        var data = outputs.GetData(_output).Slice(batch * size, size);
        _candidates.Scan(data, _classes, anchors);
        int n = _candidates.Count;
        if (_boxes.Length < n)
        {
            _boxes = new RotatedBox[anchors];
        }

        for (int k = 0; k < n; k++)
        {
            int a = _candidates.AnchorIndices[k];
            _boxes[k] = new RotatedBox(
                data[a], data[anchors + a], data[2 * anchors + a], data[3 * anchors + a], data[(4 + _classes) * anchors + a]);
            if (!float.IsFinite(_boxes[k].Angle))
            {
                throw new InvalidOutputException(
                    $"output '{outputs.GetName(_output)}' contains NaN or infinite angles; the model or its input is broken");
            }
        }

        var kept = _nms.Run(
            _boxes.AsSpan(0, n),
            _candidates.Scores.AsSpan(0, n),
            _options.ClassAgnostic ? default : _candidates.ClassIds.AsSpan(0, n),
            YoloCandidates.ClassOffset,
            _options.Iou,
            _options.MaxDetections,
            YoloCandidates.MaxCandidates);
        var detections = result.Detections;
        detections.Clear(rotation: true);
        foreach (int k in kept)
        {
            Report(_boxes[k], _candidates.Scores[k], _candidates.ClassIds[k], t, detections);
        }
    }

    private static void Report(RotatedBox box, float score, int classId, in FrameTransform t, Detections detections)
    {
        (float w, float h, float angle) = box.Width > box.Height
            ? (box.Width, box.Height, box.Angle)
            : (box.Height, box.Width, box.Angle + MathF.PI / 2);
        angle -= MathF.Floor(angle / MathF.PI) * MathF.PI;
        var rotated = new RotatedBox(
            Math.Clamp(t.ToFrameX(box.CenterX), 0, t.FrameWidth), Math.Clamp(t.ToFrameY(box.CenterY), 0, t.FrameHeight),
            Math.Clamp(w / t.ScaleX, 0, t.FrameWidth), Math.Clamp(h / t.ScaleY, 0, t.FrameHeight), angle);
        float cos = MathF.Abs(MathF.Cos(angle)), sin = MathF.Abs(MathF.Sin(angle));
        float ex = (rotated.Width * cos + rotated.Height * sin) / 2, ey = (rotated.Width * sin + rotated.Height * cos) / 2;
        int index = detections.Add(new Box(
            Math.Clamp(rotated.CenterX - ex, 0, t.FrameWidth), Math.Clamp(rotated.CenterY - ey, 0, t.FrameHeight),
            Math.Clamp(rotated.CenterX + ex, 0, t.FrameWidth), Math.Clamp(rotated.CenterY + ey, 0, t.FrameHeight)), score, classId);
        detections.SetRotatedBox(index, rotated);
    }
}
