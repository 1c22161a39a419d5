namespace EdgeVision;

/// <summary>
/// Anchors over feature levels, torchvision's RetinaNet: class logits [N, A, classes] and box deltas [N, A, 4], all levels
/// one after the other in the order level, y, x, anchor. Sigmoid, score above the threshold, the best <c>topk</c> of each
/// level, BoxCoder with weights 1, clipped to the input, suppressed by class. Anchors: torchvision's AnchorGenerator
/// (ratio-major, half sizes rounded half to even, at (x * step, y * step) with step = size // cells of that axis, which is
/// the stride wherever it divides the input).
/// </summary>
internal sealed class RetinaNetDecoder : OutputDecoder
{
    private const float MaxLogSize = 4.135166556742356f; // log(1000 / 16)
    private readonly int _logits;
    private readonly int _deltas;
    private readonly string _logitsName;
    private readonly string _deltasName;
    private readonly int _classes;
    private readonly int _topK;
    private readonly float _logitGate;
    private readonly Box[] _anchors;
    private readonly int[] _levelEnds;
    private readonly DecoderOptions _options;
    private readonly CandidateList _level = new();
    private readonly CandidateList _candidates = new();
    private readonly NmsWorkspace _nms = new();
    private ulong[] _keys = [];

    public RetinaNetDecoder(DecoderInputs inputs)
    {
        inputs.Expect(2, "class logits [N, anchors, classes] and box deltas [N, anchors, 4]");
        inputs.ExpectShape(0, "class logits", -1, -1, -1);
        inputs.ExpectShape(1, "box deltas", -1, -1, 4);
        (_logits, _deltas) = (inputs.Indices[0], inputs.Indices[1]);
        (_logitsName, _deltasName) = (inputs.Info(0).Name, inputs.Info(1).Name);
        _options = inputs.Options;
        _topK = Math.Max(1, inputs.Int("topk", 1000));
        _classes = (int)Math.Max(inputs.Info(0).Shape[2], 0);
        if (_classes == 0)
        {
            _classes = inputs.Labels.Length;
        }

        int[] strides = inputs.Strides();
        float[][] sizes = inputs.FloatLists("sizes");
        float[] ratios = inputs.Floats("ratios");
        if (strides.Length != sizes.Length || ratios.Length == 0 || ratios.Any(r => !(r > 0)) || sizes.Any(s => s.Length == 0 || s.Any(v => !(v > 0))))
        {
            throw new SpecException("decoder 'retinanet-anchors' needs a list of sizes for each stride, and strides, sizes and ratios above 0");
        }

        inputs.ExpectAnchors(strides, level => sizes[level].Length * ratios.Length);
        (_anchors, _levelEnds) = Anchors(inputs.Spec.Input.Width, inputs.Spec.Input.Height, strides, sizes, ratios);
        long declared = inputs.Info(0).Shape[1];
        if (declared > 0 && declared != _anchors.Length || _classes < 1 || inputs.Labels.Length > 0 && inputs.Labels.Length != _classes)
        {
            throw new ModelFormatException($"decoder 'retinanet-anchors' makes {_anchors.Length} anchors from its parameters and has {inputs.Labels.Length} labels; the graph's output is {inputs.Info(0)}");
        }

        // Logits below the threshold's logit need no sigmoid; the margin covers its rounding.
        _logitGate = _options.Confidence is > 0 and < 1 ? MathF.Log(_options.Confidence / (1 - _options.Confidence)) - 1e-3f : float.NegativeInfinity;
    }

    internal static (Box[] Anchors, int[] LevelEnds) Anchors(int width, int height, int[] strides, float[][] sizes, float[] ratios)
    {
        var anchors = new List<Box>();
        var ends = new int[strides.Length];
        for (int level = 0; level < strides.Length; level++)
        {
            int stride = strides[level];
            var around = new List<Box>();
            foreach (float ratio in ratios)
            {
                float h = MathF.Sqrt(ratio), w = 1 / h;
                foreach (float size in sizes[level])
                {
                    around.Add(new Box(MathF.Round(-w * size / 2), MathF.Round(-h * size / 2), MathF.Round(w * size / 2), MathF.Round(h * size / 2)));
                }
            }

            // A level has ceil(size / stride) cells, as convolutions of stride 2 leave them.
            int columns = (width + stride - 1) / stride, rows = (height + stride - 1) / stride;
            int stepX = width / columns, stepY = height / rows;
            for (int y = 0; y < rows; y++)
            {
                for (int x = 0; x < columns; x++)
                {
                    foreach (var a in around)
                    {
                        anchors.Add(new Box(a.X1 + x * stepX, a.Y1 + y * stepY, a.X2 + x * stepX, a.Y2 + y * stepY));
                    }
                }
            }

            ends[level] = anchors.Count;
        }

        return ([.. anchors], ends);
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.Shape(_logits);
        var deltaShape = outputs.Shape(_deltas);
        if (shape.Length != 3 || shape[1] != _anchors.Length || shape[2] != _classes || batch >= shape[0] || deltaShape.Length != 3 || deltaShape[1] != _anchors.Length || deltaShape[2] != 4 || deltaShape[0] != shape[0])
        {
            throw new ModelFormatException($"decoder 'retinanet-anchors' expects [N, {_anchors.Length}, {_classes}] and [N, {_anchors.Length}, 4]; the network gave [{string.Join(", ", shape.ToArray())}] and [{string.Join(", ", deltaShape.ToArray())}]");
        }

        var logits = outputs.Data(_logits).Slice(batch * _anchors.Length * _classes, _anchors.Length * _classes);
        var deltas = outputs.Data(_deltas).Slice(batch * _anchors.Length * 4, _anchors.Length * 4);
        Finite.Check(logits, _logitsName);
        _candidates.Clear();
        int first = 0;
        foreach (int end in _levelEnds)
        {
            Level(logits, deltas, first, end, transform);
            first = end;
        }

        var kept = _options.ClassAgnostic
            ? _nms.Run(_candidates.Boxes, _candidates.Scores, _options.Iou, _options.MaxDetections)
            : _nms.Run(_candidates.Boxes, _candidates.Scores, _candidates.ClassIds, _candidates.TorchvisionOffset(), _options.Iou, _options.MaxDetections);
        result.Detections.Clear();
        foreach (int k in kept)
        {
            result.Detections.Add(YoloCandidates.ToFrame(_candidates.Boxes[k], transform), _candidates.Scores[k], _candidates.ClassIds[k]);
        }
    }

    private void Level(ReadOnlySpan<float> logits, ReadOnlySpan<float> deltas, int first, int end, in FrameTransform transform)
    {
        _level.Clear();
        for (int i = first * _classes; i < end * _classes; i++)
        {
            if (logits[i] > _logitGate && 1 / (1 + MathF.Exp(-logits[i])) is var score && score > _options.Confidence)
            {
                _level.Add(default, score, i % _classes, i / _classes);
            }
        }

        int n = _level.Count;
        if (_keys.Length < n)
        {
            _keys = new ulong[Math.Max(n, 1024)];
        }

        NmsWorkspace.Order(_level.Scores, _keys);
        n = Math.Min(n, _topK);
        for (int k = 0; k < n; k++)
        {
            int at = (int)(uint)_keys[k], anchor = _level.Sources[at];
            var box = CandidateList.Checked(Decode(_anchors[anchor], deltas.Slice(anchor * 4, 4)), _deltasName);
            var clipped = new Box(
                Math.Clamp(box.X1, 0, transform.InputWidth), Math.Clamp(box.Y1, 0, transform.InputHeight),
                Math.Clamp(box.X2, 0, transform.InputWidth), Math.Clamp(box.Y2, 0, transform.InputHeight));
            _candidates.Add(clipped, _level.Scores[at], _level.ClassIds[at], anchor);
        }
    }

    /// <summary>torchvision's BoxCoder, weights 1: sizes without +1, log sizes clamped from above at log(1000/16).</summary>
    internal static Box Decode(in Box anchor, ReadOnlySpan<float> delta)
    {
        float w = anchor.X2 - anchor.X1, h = anchor.Y2 - anchor.Y1;
        float cx = delta[0] * w + (anchor.X1 + 0.5f * w), cy = delta[1] * h + (anchor.Y1 + 0.5f * h);
        float pw = MathF.Exp(MathF.Min(delta[2], MaxLogSize)) * w, ph = MathF.Exp(MathF.Min(delta[3], MaxLogSize)) * h;
        return new Box(cx - 0.5f * pw, cy - 0.5f * ph, cx + 0.5f * pw, cy + 0.5f * ph);
    }
}
