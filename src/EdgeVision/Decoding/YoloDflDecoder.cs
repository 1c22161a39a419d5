namespace EdgeVision;

/// <summary>
/// YOLOv8, v9, 11, 12 and v5u as Ultralytics exports them: one output [N, 4 + classes, anchors] of cx, cy, w, h in input
/// pixels and class scores 0..1. With keypoints (pose) the rows go on with K * D numbers, with prototypes (segment) with
/// mask coefficients, and a second output [N, coefficients, h, w] holds the prototypes. Semantics: Ultralytics 8.3
/// (non_max_suppression, scale_boxes, scale_coords, process_mask with upsample).
/// </summary>
internal sealed class YoloDflDecoder : OutputDecoder
{
    private readonly int _output;
    private readonly int _prototypes = -1;
    private readonly int _keypoints;
    private readonly int _keypointSize;
    private readonly int _classes;
    private readonly YoloCandidates _candidates;
    private readonly string _name;
    private float[] _coefficients = [];
    private float[] _logits = [];

    public YoloDflDecoder(DecoderInputs inputs, bool masks, bool pose)
    {
        _name = inputs.Output.Decoder;
        inputs.Expect(masks ? 2 : 1, masks ? "rows [N, 4 + classes + coefficients, anchors] and prototypes [N, coefficients, h, w]" : "rows [N, 4 + classes, anchors]");
        int rows = 0;
        if (masks && inputs.Info(0).Shape.Length == 4)
        {
            rows = 1; // some exports give the prototypes first
        }

        _output = inputs.Indices[rows];
        inputs.ExpectShape(rows, "rows", -1, -1, -1);
        int extra = 0;
        if (masks)
        {
            inputs.ExpectShape(1 - rows, "prototypes", -1, -1, -1, -1);
            _prototypes = inputs.Indices[1 - rows];
            if (inputs.Info(1 - rows).Shape[1] == 0)
            {
                throw new ModelFormatException($"decoder '{_name}' expects prototypes [N, coefficients, h, w]; the graph has {inputs.Info(1 - rows)}");
            }

            extra = inputs.Int("coefficients", (int)Math.Max(inputs.Info(1 - rows).Shape[1], 0));
            if (extra is < 1 or > 65536)
            {
                throw new SpecException($"decoder '{_name}' needs the parameter 'coefficients', above 0");
            }
        }

        if (pose)
        {
            int[] shape = inputs.Ints("keypoints");
            if (shape.Length != 2 || shape[0] is < 1 or > 1024 || shape[1] is not (2 or 3))
            {
                throw new SpecException($"parameter 'keypoints' of decoder '{_name}' is [count, 2 or 3]");
            }

            (_keypoints, _keypointSize) = (shape[0], shape[1]);
            extra = _keypoints * _keypointSize;
        }

        long channels = inputs.Info(rows).Shape[1];
        _classes = channels > 0 ? (int)channels - 4 - extra : inputs.Labels.Length;
        if (_classes < 1 || channels > 0 && inputs.Labels.Length > 0 && inputs.Labels.Length != _classes)
        {
            throw new ModelFormatException($"decoder '{_name}' finds {_classes} classes in output {inputs.Info(rows)} (4 box rows, {extra} others); the spec names {inputs.Labels.Length} labels");
        }

        _coefficients = new float[masks ? extra : 0];
        _candidates = new YoloCandidates(inputs.Info(rows).Name, inputs.Options);
    }

    private int Extra => _prototypes >= 0 ? _coefficients.Length : _keypoints * _keypointSize;

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.Shape(_output);
        if (shape.Length != 3 || shape[1] != 4 + _classes + Extra || batch >= shape[0])
        {
            throw new ModelFormatException($"decoder '{_name}' expects [N, {4 + _classes + Extra}, anchors]; the network gave [{string.Join(", ", shape.ToArray())}]");
        }

        int anchors = (int)shape[2];
        int size = (int)shape[1] * anchors;
        var data = outputs.Data(_output).Slice(batch * size, size);
        _candidates.Scan(data, _classes, anchors);
        var kept = _candidates.Suppress();
        var detections = result.Detections;
        bool masks = _prototypes >= 0;
        detections.Clear(_keypoints, rotation: false, masks ? transform.InputWidth : 0, masks ? transform.InputHeight : 0);
        foreach (int k in kept)
        {
            int index = detections.Add(YoloCandidates.ToFrame(_candidates.Boxes[k], transform), _candidates.Scores[k], _candidates.ClassIds[k]);
            int anchor = _candidates.Anchors[k];
            if (_keypoints > 0)
            {
                Keypoints(data, anchors, anchor, transform, detections.MutableKeypoints(index), outputs.Name(_output));
            }

            if (masks)
            {
                Mask(outputs, batch, data, anchors, anchor, _candidates.Boxes[k], detections, index);
            }
        }
    }

    private void Keypoints(ReadOnlySpan<float> data, int anchors, int anchor, in FrameTransform transform, Span<Keypoint> points, string output)
    {
        for (int p = 0; p < points.Length; p++)
        {
            int row = 4 + _classes + p * _keypointSize;
            float x = (data[row * anchors + anchor] - transform.ExactPadX) / transform.ScaleX + transform.CropX;
            float y = (data[(row + 1) * anchors + anchor] - transform.ExactPadY) / transform.ScaleY + transform.CropY;
            float score = _keypointSize == 3 ? data[(row + 2) * anchors + anchor] : 1;
            CandidateList.Checked(new Keypoint(x, y, score), output); // before the frame's edge hides an infinity
            points[p] = new Keypoint(Math.Clamp(x, 0, transform.FrameWidth), Math.Clamp(y, 0, transform.FrameHeight), score);
        }
    }

    // Coefficients times prototypes inside the box only, cropped at prototype scale, bilinear to the input, above zero.
    private void Mask(TensorSet outputs, int batch, ReadOnlySpan<float> data, int anchors, int anchor, in Box box, Detections detections, int index)
    {
        var shape = outputs.Shape(_prototypes);
        if (shape.Length != 4 || shape[1] != _coefficients.Length || batch >= shape[0])
        {
            throw new ModelFormatException($"decoder '{_name}' expects prototypes [N, {_coefficients.Length}, h, w]; the network gave [{string.Join(", ", shape.ToArray())}]");
        }

        int ph = (int)shape[2], pw = (int)shape[3], plane = ph * pw;
        var prototypes = outputs.Data(_prototypes).Slice(batch * plane * _coefficients.Length, plane * _coefficients.Length);
        for (int c = 0; c < _coefficients.Length; c++)
        {
            _coefficients[c] = data[(4 + _classes + c) * anchors + anchor];
        }

        int width = detections.MaskWidth, height = detections.MaskHeight;
        float rx = (float)pw / width, ry = (float)ph / height;

        // Prototype cells r with r >= x1 and r < x2.
        int c1 = (int)Math.Clamp(MathF.Ceiling(box.X1 * rx), 0, pw), c2 = (int)Math.Clamp(MathF.Ceiling(box.X2 * rx), 0, pw);
        int r1 = (int)Math.Clamp(MathF.Ceiling(box.Y1 * ry), 0, ph), r2 = (int)Math.Clamp(MathF.Ceiling(box.Y2 * ry), 0, ph);
        if (c2 <= c1 || r2 <= r1)
        {
            detections.AddMask(index, 0, 0, 0, 0);
            return;
        }

        int cw = c2 - c1, ch = r2 - r1;
        if (_logits.Length < plane)
        {
            _logits = new float[plane];
        }

        for (int r = 0; r < ch; r++)
        {
            var row = _logits.AsSpan(r * cw, cw);
            row.Clear();
            for (int c = 0; c < _coefficients.Length; c++)
            {
                System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(prototypes.Slice(c * plane + (r1 + r) * pw + c1, cw), _coefficients[c], row, row);
            }
        }

        // A broken coefficient or prototype shows in the sums; it would otherwise read as "no mask".
        Finite.Check(_logits.AsSpan(0, cw * ch), outputs.Name(_prototypes));

        // Input pixels that touch one of those cells.
        int x1 = Math.Clamp((int)MathF.Floor((c1 - 0.5f) / rx - 0.5f), 0, width), x2 = Math.Clamp((int)MathF.Ceiling((c2 + 0.5f) / rx - 0.5f) + 1, 0, width);
        int y1 = Math.Clamp((int)MathF.Floor((r1 - 0.5f) / ry - 0.5f), 0, height), y2 = Math.Clamp((int)MathF.Ceiling((r2 + 0.5f) / ry - 0.5f) + 1, 0, height);
        var mask = detections.AddMask(index, x1, y1, x2 - x1, y2 - y1);
        for (int y = y1; y < y2; y++)
        {
            float sy = Math.Max((y + 0.5f) * ry - 0.5f, 0);
            int top = (int)sy, bottom = Math.Min(top + 1, ph - 1);
            float fy = sy - top;
            for (int x = x1; x < x2; x++)
            {
                float sx = Math.Max((x + 0.5f) * rx - 0.5f, 0);
                int left = (int)sx, right = Math.Min(left + 1, pw - 1);
                float fx = sx - left;
                float upper = (1 - fx) * At(left, top) + fx * At(right, top);
                float lower = (1 - fx) * At(left, bottom) + fx * At(right, bottom);
                mask[(y - y1) * (x2 - x1) + x - x1] = (1 - fy) * upper + fy * lower > 0 ? (byte)1 : (byte)0;
            }
        }

        float At(int x, int y) => x >= c1 && x < c2 && y >= r1 && y < r2 ? _logits[(y - r1) * cw + x - c1] : 0;
    }
}
