using EdgeVision.Decoding.Anchors;
using EdgeVision.Decoding.Common;
using EdgeVision.Decoding.Yolo;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Rcnn;

/// <summary>Decodes proposals of a region proposal network, as torchvision's RegionProposalNetwork.filter_proposals.</summary>
/// <remarks>
/// For each level there are objectness logits [N, A, h, w] and box deltas [N, 4A, h, w], either all the objectness first or level by level.
/// The best <c>preNms</c> (1000) of each level, clipped, sides of at least <c>minSize</c> (0.001) pixels, sigmoid score at least the
/// threshold, suppressed level by level, the best <c>postNms</c> (1000) and at most the caller's limit. Parameters: <c>strides</c>,
/// <c>sizes</c> (a list for each stride), <c>ratios</c>. One class.
/// </remarks>
internal sealed class RpnDecoder : OutputDecoder
{
    private readonly int[] _objectness;
    private readonly int[] _deltas;
    private readonly int _perCell;
    private readonly Box[] _anchors;
    private readonly int[] _levelEnds;
    private readonly int _preNms, _postNms;
    private readonly float _minSize;
    private readonly DecoderOptions _options;
    private readonly CandidateList _candidates = new();
    private readonly NonMaxSuppression _nms = new();
    private ulong[] _keys = [];
    private float[] _logits = [];

    public RpnDecoder(DecoderInputs inputs)
    {
        _options = inputs.Options;
        int[] strides = inputs.GetStrides();
        float[][] sizes = inputs.GetFloatLists("sizes");
        float[] ratios = inputs.GetFloats("ratios", [0.5f, 1, 2]);
        if (strides.Length != sizes.Length || ratios.Length == 0 || ratios.Any(r => !(r > 0))
            || sizes.Any(s => s.Length != sizes[0].Length || s.Length == 0 || s.Any(v => !(v > 0))))
        {
            throw new SpecException(
                "parameters of decoder 'rpn' must be one list of 'sizes', all of the same length, for each of 'strides', and 'ratios', "
                    + $"all above 0; got {strides.Length} strides, {sizes.Length} lists of sizes and {ratios.Length} ratios");
        }

        _preNms = inputs.GetInt("preNms", 1000);
        _postNms = inputs.GetInt("postNms", 1000);
        _minSize = inputs.GetFloat("minSize", 1e-3f);
        if (_preNms < 1 || _postNms < 1)
        {
            throw new SpecException(
                $"parameters 'preNms' and 'postNms' of decoder 'rpn' must be at least 1; got {_preNms} and {_postNms}");
        }

        _perCell = sizes[0].Length * ratios.Length;
        int levels = strides.Length;
        inputs.RequireOutputCount(2 * levels, $"objectness [N, {_perCell}, h, w] and deltas [N, {4 * _perCell}, h, w] for each of {levels} levels");
        var objectness = Enumerable.Range(0, 2 * levels).Where(i => inputs.GetDimensionFromEnd(i, 3) == _perCell).ToArray();
        var deltas = Enumerable.Range(0, 2 * levels).Where(i => inputs.GetDimensionFromEnd(i, 3) == 4 * _perCell).ToArray();
        if (objectness.Length != levels || deltas.Length != levels)
        {
            throw new ModelFormatException(
                $"decoder 'rpn' expects {levels} outputs [N, {_perCell}, h, w] and {levels} outputs [N, {4 * _perCell}, h, w]; "
                    + $"the graph has {string.Join("; ", inputs.OutputIndices.Select((_, i) => inputs.GetTensorInfo(i)))}");
        }

        _objectness = [.. objectness.Select(i => inputs.OutputIndices[i])];
        _deltas = [.. deltas.Select(i => inputs.OutputIndices[i])];
        inputs.RequireAnchorLimit(strides, _ => _perCell);
        (_anchors, _levelEnds) = AnchorGrid.Create(inputs.Spec.Input.Width, inputs.Spec.Input.Height, strides, sizes, ratios);
        _keys = new ulong[_anchors.Length];
        _logits = new float[_anchors.Length];
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        _candidates.Clear();
        int first = 0;
        for (int level = 0; level < _levelEnds.Length; level++)
        {
            DecodeLevel(outputs, batch, level, first, _levelEnds[level], transform);
            first = _levelEnds[level];
        }

        var kept = _nms.Run(
            _candidates.Boxes,
            _candidates.Scores,
            _candidates.ClassIds,
            _candidates.GetTorchvisionOffset(),
            _options.Iou,
            Math.Min(_postNms, _options.MaxDetections));
        result.Detections.Clear();
        foreach (int k in kept)
        {
            result.Detections.Add(YoloCandidates.ToFrame(_candidates.Boxes[k], transform), _candidates.Scores[k], 0);
        }
    }

    private void DecodeLevel(TensorSet outputs, int batch, int level, int first, int end, in FrameTransform transform)
    {
        var shape = outputs.GetShape(_objectness[level]);
        var deltaShape = outputs.GetShape(_deltas[level]);
        int count = end - first;
        if (shape.Length != 4 || batch >= shape[0] || shape[1] != _perCell || shape[1] * shape[2] * shape[3] != count
            || deltaShape.Length != 4 || deltaShape[0] != shape[0] || deltaShape[1] != 4 * _perCell || deltaShape[2] != shape[2]
            || deltaShape[3] != shape[3])
        {
            throw new ModelFormatException(
                $"decoder 'rpn' expects {count} anchors at level {level}; "
                    + $"the network returned [{string.Join(", ", shape.ToArray())}] and [{string.Join(", ", deltaShape.ToArray())}]");
        }

        int plane = count / _perCell;
        var objectness = outputs.GetData(_objectness[level]).Slice(batch * count, count);
        var deltas = outputs.GetData(_deltas[level]).Slice(batch * count * 4, count * 4);
        FiniteCheck.ThrowIfNotFinite(objectness, outputs.GetName(_objectness[level]));
        for (int i = 0; i < count; i++)
        {
            _logits[i] = objectness[i % _perCell * plane + i / _perCell]; // y, x, anchor
        }

        NonMaxSuppression.SortByScore(_logits.AsSpan(0, count), _keys);
        Span<float> delta = stackalloc float[4];
        for (int k = 0; k < Math.Min(count, _preNms); k++)
        {
            int i = (int)(uint)_keys[k], cell = i / _perCell, anchor = i % _perCell;
            float score = 1 / (1 + MathF.Exp(-_logits[i]));
            for (int d = 0; d < 4; d++)
            {
                delta[d] = deltas[(anchor * 4 + d) * plane + cell];
            }

            var box = CandidateList.EnsureFinite(BoxCoder.Unit.Decode(_anchors[first + i], delta), outputs.GetName(_deltas[level]));
            box = new Box(
                Math.Clamp(box.X1, 0, transform.InputWidth), Math.Clamp(box.Y1, 0, transform.InputHeight),
                Math.Clamp(box.X2, 0, transform.InputWidth), Math.Clamp(box.Y2, 0, transform.InputHeight));
            if (box.Width >= _minSize && box.Height >= _minSize && score >= _options.Confidence)
            {
                _candidates.Add(box, score, level, i);
            }
        }
    }
}
