using EdgeVision.Decoding.Common;
using EdgeVision.Decoding.Yolo;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Faces;

/// <summary>
/// Decodes MediaPipe's detectors: logits [N, A, 1] and boxes [N, A, 4 + 2K], in one part or in several consecutive parts.
/// </summary>
/// <remarks>
/// A box row holds center, size and K keypoints in input pixels, relative to the center of the anchor. Anchors have size 1 and lie at (x +
/// 0.5) / grid; equal strides share a grid. Scores are sigmoids of logits clipped to +-100. Suppression is weighted: boxes that overlap the
/// best one are averaged by score together with their keypoints, and the best score is kept (ssd_anchors_calculator.cc,
/// tensors_to_detections_calculator.cc, non_max_suppression_calculator.cc). <c>preset</c>: face (128 pixels, 896 anchors, 6 keypoints),
/// palm (192, 2016, 7) or pose (224, 2254, 4), which sets <c>strides</c> and <c>keypoints</c>; <c>exponential</c>: sizes are exp(value) *
/// the anchor's size of 1.
/// </remarks>
internal sealed class MediaPipeDecoder : OutputDecoder
{
    private readonly int[] _logits;
    private readonly int[] _boxes;
    private readonly string _name;
    private readonly bool _exponential;
    private readonly int _keypoints;
    private readonly int _size;
    private readonly (float X, float Y)[] _anchors;
    private readonly DecoderOptions _options;
    private readonly CandidateList _candidates = new();
    private float[] _rows = [];
    private ulong[] _keys = [];
    private readonly float[] _mean;

    public MediaPipeDecoder(DecoderInputs inputs, string preset)
    {
        _options = inputs.Options;
        _name = inputs.Output.Decoder;
        preset = inputs.GetString("preset", preset);
        (int points, int[] layers) = preset switch
        {
            "face" => (6, (int[])[8, 16, 16, 16]),
            "palm" => (7, [8, 16, 16, 16]),
            "pose" => (4, [8, 16, 32, 32, 32]),
            _ => throw new SpecException($"parameter 'preset' of decoder '{_name}' must be face, palm or pose; got '{preset}'"),
        };
        _keypoints = inputs.GetInt("keypoints", points);
        _exponential = inputs.GetBool("exponential", false);
        if (_keypoints is < 0 or > 1024)
        {
            throw new SpecException($"parameter 'keypoints' of decoder '{_name}' must be from 0 to 1024; got {_keypoints}");
        }

        _size = 4 + 2 * _keypoints;
        _mean = new float[_size];
        int[] strides = inputs.GetStrides(layers);
        inputs.RequireAnchorLimit(strides, _ => 2);
        _anchors = CreateAnchors(inputs.Spec.Input.Width, inputs.Spec.Input.Height, strides);
        var logits = Enumerable.Range(0, inputs.OutputIndices.Count).Where(i => inputs.GetDimensionFromEnd(i, 1) == 1).ToArray();
        var boxes = Enumerable.Range(0, inputs.OutputIndices.Count).Where(i => inputs.GetDimensionFromEnd(i, 1) == _size).ToArray();
        // Unchecked: dimensions large enough to overflow do not match anyway.
        long declared = logits.Aggregate(0L, (sum, i) => unchecked(sum + inputs.GetDimensionFromEnd(i, 2)));
        if (logits.Length == 0 || logits.Length != boxes.Length || inputs.OutputIndices.Count != logits.Length * 2 || declared != _anchors.Length
            || !logits.Zip(boxes).All(p => inputs.GetDimensionFromEnd(p.First, 2) == inputs.GetDimensionFromEnd(p.Second, 2)))
        {
            throw new ModelFormatException(
                $"decoder '{_name}' has {_anchors.Length} anchors and expects one logit and one row of {_size} for each; "
                    + $"the graph has {string.Join("; ", inputs.OutputIndices.Select((_, i) => inputs.GetTensorInfo(i)))}");
        }

        _logits = [.. logits.Select(i => inputs.OutputIndices[i])];
        _boxes = [.. boxes.Select(i => inputs.OutputIndices[i])];
    }

    internal static (float X, float Y)[] CreateAnchors(int width, int height, int[] strides)
    {
        var anchors = new List<(float, float)>();
        for (int layer = 0; layer < strides.Length;)
        {
            int stride = strides[layer], same = layer;
            while (same < strides.Length && strides[same] == strides[layer])
            {
                same++;
            }

            int perCell = 2 * (same - layer); // the anchor and its interpolated counterpart, both of size 1
            int w = (width + stride - 1) / stride, h = (height + stride - 1) / stride;
            for (int y = 0; y < h; y++)
            {
                for (int x = 0; x < w; x++)
                {
                    for (int k = 0; k < perCell; k++)
                    {
                        anchors.Add(((x + 0.5f) / w, (y + 0.5f) / h));
                    }
                }
            }

            layer = same;
        }

        return [.. anchors];
    }

    public override bool ProducesKeypoints => _keypoints > 0;

    public override void Decode(TensorSet outputs, int batch, in FrameTransform t, VisionResult result)
    {
        _candidates.Clear();
        int first = 0;
        for (int part = 0; part < _logits.Length; part++)
        {
            var shape = outputs.GetShape(_logits[part]);
            var boxShape = outputs.GetShape(_boxes[part]);
            int count = shape.Length == 3 ? (int)shape[1] : 0;
            var logits = outputs.GetData(_logits[part]);
            var boxes = outputs.GetData(_boxes[part]);
            if (shape.Length != 3 || shape[2] != 1 || batch >= shape[0]
                || boxShape.Length != 3 || boxShape[0] != shape[0] || boxShape[1] != count || boxShape[2] != _size
                || first + count > _anchors.Length)
            {
                throw new ModelFormatException(
                    $"decoder '{_name}' expects [N, rows, 1] and [N, rows, {_size}], {_anchors.Length} rows in all; "
                        + $"output '{outputs.GetName(_logits[part])}' is [{string.Join(", ", shape.ToArray())}] "
                        + $"and output '{outputs.GetName(_boxes[part])}' is [{string.Join(", ", boxShape.ToArray())}]");
            }

            logits = logits.Slice(batch * count, count);
            boxes = boxes.Slice(batch * count * _size, count * _size);
            FiniteCheck.ThrowIfNotFinite(logits, outputs.GetName(_logits[part]));
            for (int i = 0; i < count; i++)
            {
                float score = 1 / (1 + MathF.Exp(-Math.Clamp(logits[i], -100, 100)));
                if (!(score >= _options.Confidence))
                {
                    continue;
                }

                int k = _candidates.Count;
                if (_rows.Length < (k + 1) * _size)
                {
                    Array.Resize(ref _rows, Math.Max((k + 1) * _size, _rows.Length * 2));
                }

                var row = _rows.AsSpan(k * _size, _size);
                var raw = boxes.Slice(i * _size, _size);
                var (ax, ay) = _anchors[first + i];
                float cx = raw[0] / t.InputWidth + ax, cy = raw[1] / t.InputHeight + ay;
                float w = raw[2] / t.InputWidth, h = raw[3] / t.InputHeight;
                if (_exponential)
                {
                    (w, h) = (MathF.Exp(w), MathF.Exp(h));
                }

                (row[0], row[1], row[2], row[3]) = (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2);
                for (int p = 4; p < _size; p += 2)
                {
                    row[p] = raw[p] / t.InputWidth + ax;
                    row[p + 1] = raw[p + 1] / t.InputHeight + ay;
                }

                FiniteCheck.ThrowIfNotFinite(row, outputs.GetName(_boxes[part]));
                _candidates.Add(CandidateList.EnsureFinite(new Box(row[0], row[1], row[2], row[3]), outputs.GetName(_boxes[part])), score, 0, i);
            }

            first += count;
        }

        if (first != _anchors.Length)
        {
            throw new ModelFormatException($"decoder '{_name}' expects {_anchors.Length} rows in all; the network returned {first}");
        }

        SuppressWeighted(t, result.Detections, outputs.GetName(_boxes[0]));
    }

    private void SuppressWeighted(in FrameTransform t, Detections detections, string name)
    {
        int n = _candidates.Count;
        if (_keys.Length < n)
        {
            _keys = new ulong[Math.Max(n, 256)];
        }

        NonMaxSuppression.SortByScore(_candidates.Scores, _keys);
        detections.Clear(_keypoints);
        while (n > 0 && detections.Count < _options.MaxDetections)
        {
            int best = (int)(uint)_keys[0];
            var box = _candidates.Boxes[best];
            float total = 0;
            Array.Clear(_mean);
            int left = 0;
            for (int i = 0; i < n; i++)
            {
                int k = (int)(uint)_keys[i];
                if (i > 0 && !(Iou(box, _candidates.Boxes[k]) > _options.Iou))
                {
                    _keys[left++] = _keys[i];
                    continue;
                }

                float score = _candidates.Scores[k];
                total += score;
                for (int j = 0; j < _size; j++)
                {
                    _mean[j] += score * _rows[k * _size + j];
                }
            }

            n = left;
            for (int j = 0; j < _size; j++)
            {
                // Without a threshold, scores may all be 0.
                _mean[j] = total > 0 ? _mean[j] / total : _rows[best * _size + j];
            }

            var merged = new Box(_mean[0] * t.InputWidth, _mean[1] * t.InputHeight, _mean[2] * t.InputWidth, _mean[3] * t.InputHeight);
            int index = detections.Add(YoloCandidates.ToFrame(merged, t), _candidates.Scores[best], 0);
            var points = detections.GetMutableKeypoints(index);
            for (int p = 0; p < _keypoints; p++)
            {
                float x = t.ToFrameX(_mean[4 + 2 * p] * t.InputWidth), y = t.ToFrameY(_mean[5 + 2 * p] * t.InputHeight);
                points[p] = CandidateList.EnsureFinite(new Keypoint(x, y, 1), name);
            }
        }
    }

    private static float Iou(in Box a, in Box b)
    {
        float w = MathF.Min(a.X2, b.X2) - MathF.Max(a.X1, b.X1), h = MathF.Min(a.Y2, b.Y2) - MathF.Max(a.Y1, b.Y1);
        float inter = MathF.Max(w, 0) * MathF.Max(h, 0);
        return inter / (a.Width * a.Height + b.Width * b.Height - inter);
    }
}
