namespace EdgeVision;

/// <summary>
/// Oriented boxes as Ultralytics exports them: one output [N, 4 + classes + 1, anchors] of cx, cy, w, h in input pixels,
/// class scores 0..1 and an angle in radians. Suppression by ProbIoU (probabilistic IoU of the boxes' Gaussians) as in
/// Ultralytics' nms_rotated: IoU &gt;= threshold suppresses, and a box that is itself suppressed still does. The result is
/// regularised (w &gt;= h, angle in [0, pi)) and, as there, centre and sides are clipped to the frame's size.
/// </summary>
internal sealed class YoloObbDecoder : OutputDecoder
{
    private const float Epsilon = 1e-7f;
    private readonly int _output;
    private readonly int _classes;
    private readonly DecoderOptions _options;
    private readonly YoloCandidates _candidates;
    private ulong[] _keys = [];
    private Gaussian[] _gaussians = [];

    public YoloObbDecoder(DecoderInputs inputs)
    {
        inputs.Expect(1, "rows [N, 4 + classes + 1, anchors]");
        inputs.ExpectShape(0, "rows", -1, -1, -1);
        _output = inputs.Indices[0];
        _options = inputs.Options;
        long channels = inputs.Info(0).Shape[1];
        _classes = channels > 0 ? (int)channels - 5 : inputs.Labels.Length;
        if (_classes < 1 || inputs.Labels.Length > 0 && inputs.Labels.Length != _classes)
        {
            throw new ModelFormatException($"decoder 'yolo-obb' finds {_classes} classes in output {inputs.Info(0)}; the spec names {inputs.Labels.Length} labels");
        }

        _candidates = new YoloCandidates(inputs.Info(0).Name, inputs.Options);
    }

    private readonly record struct Gaussian(float X, float Y, float A, float B, float C, float Determinant);

    public override void Decode(TensorSet outputs, int batch, in FrameTransform t, VisionResult result)
    {
        var shape = outputs.Shape(_output);
        if (shape.Length != 3 || shape[1] != 5 + _classes || batch >= shape[0])
        {
            throw new ModelFormatException($"decoder 'yolo-obb' expects [N, {5 + _classes}, anchors]; the network gave [{string.Join(", ", shape.ToArray())}]");
        }

        int anchors = (int)shape[2], size = (int)shape[1] * anchors;
        var data = outputs.Data(_output).Slice(batch * size, size);
        _candidates.Scan(data, _classes, anchors);
        int n = _candidates.Count;
        if (_keys.Length < n)
        {
            _keys = new ulong[anchors];
            _gaussians = new Gaussian[anchors];
        }

        NmsWorkspace.Order(_candidates.Scores.AsSpan(0, n), _keys);
        n = Math.Min(n, YoloCandidates.MaxCandidates);
        for (int i = 0; i < n; i++)
        {
            int k = (int)(uint)_keys[i], a = _candidates.Anchors[k];
            float shift = _options.ClassAgnostic ? 0 : _candidates.ClassIds[k] * YoloCandidates.ClassOffset;
            if (!float.IsFinite(data[(4 + _classes) * anchors + a]))
            {
                throw new InvalidOutputException($"output '{outputs.Name(_output)}' holds NaN or infinite angles; the model or its input is broken");
            }

            _gaussians[i] = Of(data[a] + shift, data[anchors + a] + shift, data[2 * anchors + a], data[3 * anchors + a], data[(4 + _classes) * anchors + a]);
        }

        var detections = result.Detections;
        detections.Clear(rotation: true);
        for (int i = 0; i < n && detections.Count < _options.MaxDetections; i++)
        {
            bool suppressed = false;
            for (int j = 0; j < i && !suppressed; j++)
            {
                suppressed = ProbIou(_gaussians[j], _gaussians[i]) >= _options.Iou;
            }

            if (suppressed)
            {
                continue;
            }

            int k = (int)(uint)_keys[i], a = _candidates.Anchors[k];
            Emit(new RotatedBox(data[a], data[anchors + a], data[2 * anchors + a], data[3 * anchors + a], data[(4 + _classes) * anchors + a]),
                _candidates.Scores[k], _candidates.ClassIds[k], t, detections);
        }
    }

    private static void Emit(RotatedBox box, float score, int classId, in FrameTransform t, Detections detections)
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
        detections.SetRotated(index, rotated);
    }

    private static Gaussian Of(float x, float y, float w, float h, float angle)
    {
        float a = w * w / 12, b = h * h / 12, cos = MathF.Cos(angle), sin = MathF.Sin(angle);
        float va = a * cos * cos + b * sin * sin, vb = a * sin * sin + b * cos * cos, vc = (a - b) * cos * sin;
        return new Gaussian(x, y, va, vb, vc, MathF.Max(va * vb - vc * vc, 0));
    }

    // arXiv 2106.06072, as in Ultralytics' batch_probiou.
    private static float ProbIou(in Gaussian p, in Gaussian q)
    {
        float a = p.A + q.A, b = p.B + q.B, c = p.C + q.C, dx = p.X - q.X, dy = p.Y - q.Y;
        float denominator = a * b - c * c;
        float t1 = (a * dy * dy + b * dx * dx) / (denominator + Epsilon) * 0.25f;
        float t2 = c * -dx * dy / (denominator + Epsilon) * 0.5f;
        if (t1 + t2 > 100)
        {
            return 0; // far apart (other classes always): the distance saturates
        }

        float t3 = MathF.Log(denominator / (4 * MathF.Sqrt(p.Determinant * q.Determinant) + Epsilon) + Epsilon) * 0.5f;
        float distance = Math.Clamp(t1 + t2 + t3, Epsilon, 100);
        return 1 - MathF.Sqrt(1 - MathF.Exp(-distance) + Epsilon);
    }
}
