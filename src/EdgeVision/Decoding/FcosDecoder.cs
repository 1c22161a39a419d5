namespace EdgeVision;

/// <summary>Decodes torchvision's FCOS: class logits, distances and centerness, all levels concatenated.</summary>
/// <remarks>
/// Class logits [N, cells, classes], distances left, top, right, bottom [N, cells, 4] and centerness logits [N, cells, 1]. score =
/// sqrt(sigmoid(class) * sigmoid(centerness)) above the threshold, the best <c>topk</c> (1000) of each level. Distances times the stride
/// from the corner (x * stride, y * stride) on which torchvision's anchors are centered, clipped to the input, torchvision's batched_nms.
/// Parameter: <c>strides</c> (8, 16, 32, 64, 128).
/// </remarks>
internal sealed class FcosDecoder : CandidateDecoder
{
    private readonly int _logits, _distances, _centreness;
    private readonly int _classes;
    private readonly int _topK;
    private readonly Box[] _anchors;
    private readonly int[] _levelEnds;
    private readonly CandidateList _level = new();
    private ulong[] _keys = [];

    public FcosDecoder(DecoderInputs inputs)
        : base(inputs)
    {
        inputs.Expect(3, "class logits [N, cells, classes], distances [N, cells, 4] and centreness [N, cells, 1]");
        inputs.ExpectShape(0, "class logits", -1, -1, -1);
        inputs.ExpectShape(1, "distances", -1, -1, 4);
        inputs.ExpectShape(2, "centreness", -1, -1, 1);
        (_logits, _distances, _centreness) = (inputs.Indices[0], inputs.Indices[1], inputs.Indices[2]);
        _topK = inputs.Int("topk", 1000);
        if (_topK < 1)
        {
            throw new SpecException($"parameter 'topk' of decoder '{DecoderName}' must be at least 1; got {_topK}");
        }

        int[] strides = inputs.Strides([8, 16, 32, 64, 128]);
        inputs.ExpectAnchors(strides, _ => 1);
        _classes = Classes(inputs, inputs.Info(0).Shape[2], 0, inputs.Info(0));
        (_anchors, _levelEnds) =
            AnchorGrid.Create(inputs.Spec.Input.Width, inputs.Spec.Input.Height, strides, [.. strides.Select(s => (float[])[s])], [1]);
        if (inputs.Info(0).Shape[1] is > 0 and var cells && cells != _anchors.Length)
        {
            throw new ModelFormatException(
                $"decoder '{DecoderName}' expects {_anchors.Length} cells for its strides; the graph has {inputs.Info(0)}");
        }
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var logits = Rows(outputs, _logits, batch, _classes);
        var distances = Rows(outputs, _distances, batch, 4);
        var centreness = Rows(outputs, _centreness, batch, 1);
        Finite.Check(logits, outputs.Name(_logits));
        Finite.Check(centreness, outputs.Name(_centreness));
        Candidates.Clear();
        int first = 0;
        foreach (int end in _levelEnds)
        {
            Level(logits, distances, centreness, first, end, transform, outputs.Name(_distances));
            first = end;
        }

        Report(transform, result, classOffset: -1);
    }

    private ReadOnlySpan<float> Rows(TensorSet outputs, int tensor, int batch, int size)
    {
        var shape = outputs.Shape(tensor);
        return shape.Length == 3 && shape[1] == _anchors.Length && shape[2] == size && batch < shape[0]
            ? outputs.Data(tensor).Slice(batch * _anchors.Length * size, _anchors.Length * size)
            : throw Unfit($"[N, {_anchors.Length}, {size}]", shape);
    }

    private void Level(ReadOnlySpan<float> logits, ReadOnlySpan<float> distances, ReadOnlySpan<float> centreness, int first, int end,
        in FrameTransform t, string name)
    {
        _level.Clear();
        float least = Options.Confidence * Options.Confidence; // sqrt(class * centerness) > threshold requires both above its square
        for (int i = first; i < end; i++)
        {
            float centre = Sigmoid(centreness[i]);
            if (!(centre >= least))
            {
                continue;
            }

            for (int c = 0; c < _classes; c++)
            {
                float score = MathF.Sqrt(Sigmoid(logits[i * _classes + c]) * centre);
                if (score > Options.Confidence)
                {
                    _level.Add(default, score, c, i);
                }
            }
        }

        if (_keys.Length < _level.Count)
        {
            _keys = new ulong[Math.Max(_level.Count, 1024)];
        }

        NmsWorkspace.Order(_level.Scores, _keys);
        for (int k = 0; k < Math.Min(_level.Count, _topK); k++)
        {
            int at = (int)(uint)_keys[k], i = _level.Sources[at];
            var a = _anchors[i];
            var d = distances.Slice(i * 4, 4);

            // BoxLinearCoder with normalize_by_size: distances are fractions of the anchor, whose sides are the stride, rounded as anchors
            // are.
            float w = a.Width, h = a.Height, cx = 0.5f * (a.X1 + a.X2), cy = 0.5f * (a.Y1 + a.Y2);
            var box = CandidateList.Checked(new Box(cx - d[0] * w, cy - d[1] * h, cx + d[2] * w, cy + d[3] * h), name);
            Candidates.Add(new Box(
                Math.Clamp(box.X1, 0, t.InputWidth), Math.Clamp(box.Y1, 0, t.InputHeight),
                Math.Clamp(box.X2, 0, t.InputWidth), Math.Clamp(box.Y2, 0, t.InputHeight)), _level.Scores[at], _level.ClassIds[at], i);
        }
    }
}
