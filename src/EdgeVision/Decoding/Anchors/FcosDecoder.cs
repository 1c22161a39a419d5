using EdgeVision.Decoding.Common;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Anchors;

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
        inputs.RequireOutputCount(3, "class logits [N, cells, classes], distances [N, cells, 4] and centreness [N, cells, 1]");
        inputs.RequireShape(0, "class logits", -1, -1, -1);
        inputs.RequireShape(1, "distances", -1, -1, 4);
        inputs.RequireShape(2, "centreness", -1, -1, 1);
        (_logits, _distances, _centreness) = (inputs.OutputIndices[0], inputs.OutputIndices[1], inputs.OutputIndices[2]);
        _topK = inputs.GetInt("topk", 1000);
        if (_topK < 1)
        {
            throw new SpecException($"parameter 'topk' of decoder '{DecoderName}' must be at least 1; got {_topK}");
        }

        int[] strides = inputs.GetStrides([8, 16, 32, 64, 128]);
        inputs.RequireAnchorLimit(strides, _ => 1);
        _classes = GetClassCount(inputs, inputs.GetTensorInfo(0).Shape[2], 0, inputs.GetTensorInfo(0));
        (_anchors, _levelEnds) =
            AnchorGrid.Create(inputs.Spec.Input.Width, inputs.Spec.Input.Height, strides, [.. strides.Select(s => (float[])[s])], [1]);
        if (inputs.GetTensorInfo(0).Shape[1] is > 0 and var cells && cells != _anchors.Length)
        {
            throw new ModelFormatException(
                $"decoder '{DecoderName}' expects {_anchors.Length} cells for its strides; the graph has {inputs.GetTensorInfo(0)}");
        }
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var logits = GetRows(outputs, _logits, batch, _classes);
        var distances = GetRows(outputs, _distances, batch, 4);
        var centreness = GetRows(outputs, _centreness, batch, 1);
        FiniteCheck.ThrowIfNotFinite(logits, outputs.GetName(_logits));
        FiniteCheck.ThrowIfNotFinite(centreness, outputs.GetName(_centreness));
        Candidates.Clear();
        int first = 0;
        foreach (int end in _levelEnds)
        {
            DecodeLevel(logits, distances, centreness, first, end, transform, outputs.GetName(_distances));
            first = end;
        }

        Report(transform, result, classOffset: -1);
    }

    private ReadOnlySpan<float> GetRows(TensorSet outputs, int tensor, int batch, int size)
    {
        var shape = outputs.GetShape(tensor);
        return shape.Length == 3 && shape[1] == _anchors.Length && shape[2] == size && batch < shape[0]
            ? outputs.GetData(tensor).Slice(batch * _anchors.Length * size, _anchors.Length * size)
            : throw ShapeMismatch($"[N, {_anchors.Length}, {size}]", shape);
    }

    private void DecodeLevel(ReadOnlySpan<float> logits, ReadOnlySpan<float> distances, ReadOnlySpan<float> centreness, int first, int end,
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

        NonMaxSuppression.SortByScore(_level.Scores, _keys);
        for (int k = 0; k < Math.Min(_level.Count, _topK); k++)
        {
            int at = (int)(uint)_keys[k], i = _level.SourceIndices[at];
            var a = _anchors[i];
            var d = distances.Slice(i * 4, 4);

            // BoxLinearCoder with normalize_by_size: distances are fractions of the anchor, whose sides are the stride, rounded as anchors
            // are.
            float w = a.Width, h = a.Height, cx = 0.5f * (a.X1 + a.X2), cy = 0.5f * (a.Y1 + a.Y2);
            var box = CandidateList.EnsureFinite(new Box(cx - d[0] * w, cy - d[1] * h, cx + d[2] * w, cy + d[3] * h), name);
            Candidates.Add(new Box(
                Math.Clamp(box.X1, 0, t.InputWidth), Math.Clamp(box.Y1, 0, t.InputHeight),
                Math.Clamp(box.X2, 0, t.InputWidth), Math.Clamp(box.Y2, 0, t.InputHeight)), _level.Scores[at], _level.ClassIds[at], i);
        }
    }
}
