using EdgeVision.Decoding.Common;
using EdgeVision.Decoding.Yolo;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Anchors;

/// <summary>Decodes anchors over feature levels, as torchvision's RetinaNet: class logits and box deltas.</summary>
/// <remarks>
/// Class logits [N, A, classes] and box deltas [N, A, 4], all levels concatenated in the order level, y, x, anchor. Sigmoid, score above
/// the threshold, the best <c>topk</c> of each level, BoxCoder with weights 1, clipped to the input, suppressed by class. Anchors: <see
/// cref="AnchorGrid"/>.
/// </remarks>
internal sealed class RetinaNetDecoder : OutputDecoder
{
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
    private readonly NonMaxSuppression _nms = new();
    private ulong[] _keys = [];

    public RetinaNetDecoder(DecoderInputs inputs)
    {
        inputs.RequireOutputCount(2, "class logits [N, anchors, classes] and box deltas [N, anchors, 4]");
        inputs.RequireShape(0, "class logits", -1, -1, -1);
        inputs.RequireShape(1, "box deltas", -1, -1, 4);
        (_logits, _deltas) = (inputs.OutputIndices[0], inputs.OutputIndices[1]);
        (_logitsName, _deltasName) = (inputs.GetTensorInfo(0).Name, inputs.GetTensorInfo(1).Name);
        _options = inputs.Options;
        _topK = Math.Max(1, inputs.GetInt("topk", 1000));
        _classes = (int)Math.Max(inputs.GetTensorInfo(0).Shape[2], 0);
        if (_classes == 0)
        {
            _classes = inputs.Labels.Length;
        }

        int[] strides = inputs.GetStrides();
        float[][] sizes = inputs.GetFloatLists("sizes");
        float[] ratios = inputs.GetFloats("ratios");
        if (strides.Length != sizes.Length || ratios.Length == 0 || ratios.Any(r => !(r > 0))
            || sizes.Any(s => s.Length == 0 || s.Any(v => !(v > 0))))
        {
            throw new SpecException(
                "parameters of decoder 'retinanet-anchors' must be one list of 'sizes' for each of 'strides', and 'ratios', all above 0; "
                    + $"got {strides.Length} strides, {sizes.Length} lists of sizes and {ratios.Length} ratios");
        }

        inputs.RequireAnchorLimit(strides, level => sizes[level].Length * ratios.Length);
        (_anchors, _levelEnds) = AnchorGrid.Create(inputs.Spec.Input.Width, inputs.Spec.Input.Height, strides, sizes, ratios);
        long declared = inputs.GetTensorInfo(0).Shape[1];
        if (declared > 0 && declared != _anchors.Length || _classes < 1 || inputs.Labels.Length > 0 && inputs.Labels.Length != _classes)
        {
            throw new ModelFormatException(
                $"decoder 'retinanet-anchors' expects {_anchors.Length} anchors for its parameters and {inputs.Labels.Length} labels; "
                    + $"the graph has {inputs.GetTensorInfo(0)}");
        }

        // Logits below the threshold's logit need no sigmoid; the margin covers the rounding of the sigmoid.
        _logitGate = _options.Confidence is > 0 and < 1
            ? MathF.Log(_options.Confidence / (1 - _options.Confidence)) - 1e-3f
            : float.NegativeInfinity;
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_logits);
        var deltaShape = outputs.GetShape(_deltas);
        if (shape.Length != 3 || shape[1] != _anchors.Length || shape[2] != _classes || batch >= shape[0]
            || deltaShape.Length != 3 || deltaShape[1] != _anchors.Length || deltaShape[2] != 4 || deltaShape[0] != shape[0])
        {
            throw new ModelFormatException(
                $"decoder 'retinanet-anchors' expects [N, {_anchors.Length}, {_classes}] and [N, {_anchors.Length}, 4]; "
                    + $"the network returned [{string.Join(", ", shape.ToArray())}] and [{string.Join(", ", deltaShape.ToArray())}]");
        }

        var logits = outputs.GetData(_logits).Slice(batch * _anchors.Length * _classes, _anchors.Length * _classes);
        var deltas = outputs.GetData(_deltas).Slice(batch * _anchors.Length * 4, _anchors.Length * 4);
        FiniteCheck.ThrowIfNotFinite(logits, _logitsName);
        _candidates.Clear();
        int first = 0;
        foreach (int end in _levelEnds)
        {
            DecodeLevel(logits, deltas, first, end, transform);
            first = end;
        }

        var kept = _options.ClassAgnostic
            ? _nms.Run(_candidates.Boxes, _candidates.Scores, _options.Iou, _options.MaxDetections)
            : _nms.Run(
                _candidates.Boxes,
                _candidates.Scores,
                _candidates.ClassIds,
                _candidates.GetTorchvisionOffset(),
                _options.Iou,
                _options.MaxDetections);
        result.Detections.Clear();
        foreach (int k in kept)
        {
            result.Detections.Add(YoloCandidates.ToFrame(_candidates.Boxes[k], transform), _candidates.Scores[k], _candidates.ClassIds[k]);
        }
    }

    private void DecodeLevel(ReadOnlySpan<float> logits, ReadOnlySpan<float> deltas, int first, int end, in FrameTransform transform)
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

        NonMaxSuppression.SortByScore(_level.Scores, _keys);
        n = Math.Min(n, _topK);
        for (int k = 0; k < n; k++)
        {
            int at = (int)(uint)_keys[k], anchor = _level.SourceIndices[at];
            var box = CandidateList.EnsureFinite(BoxCoder.Unit.Decode(_anchors[anchor], deltas.Slice(anchor * 4, 4)), _deltasName);
            var clipped = new Box(
                Math.Clamp(box.X1, 0, transform.InputWidth), Math.Clamp(box.Y1, 0, transform.InputHeight),
                Math.Clamp(box.X2, 0, transform.InputWidth), Math.Clamp(box.Y2, 0, transform.InputHeight));
            _candidates.Add(clipped, _level.Scores[at], _level.ClassIds[at], anchor);
        }
    }
}
