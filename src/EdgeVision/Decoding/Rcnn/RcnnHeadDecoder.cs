using EdgeVision.Decoding.Common;
using EdgeVision.Decoding.Yolo;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Rcnn;

/// <summary>Decodes Mask R-CNN and Keypoint R-CNN as torchvision exports them, suppressed in the graph.</summary>
/// <remarks>
/// Boxes [D, 4] in input pixels, labels [D], scores [D] and, for <c>mask-rcnn</c>, masks [D, 1, side, side] of probabilities; for
/// <c>keypoint-rcnn</c>, heatmaps [D, K, side, side] of logits or keypoints [D, K, 3]. <c>firstClass</c> (1): the id of the first label.
/// <c>threshold</c> (0.5): probability above which a pixel belongs to the mask. One item per batch.
/// </remarks>
internal sealed class RcnnHeadDecoder : OutputDecoder
{
    private const int Boxes = 0, ClassIds = 1, Scores = 2, Head = 3;
    private readonly string _decoder;
    private readonly int[] _indices;
    private readonly bool _masks, _points;
    private readonly int _firstClass, _labels, _keypoints, _side;
    private readonly float _threshold;
    private readonly DecoderOptions _options;
    private readonly KeypointRcnnHeatmaps _heatmaps = new();
    private ulong[] _keys = [];
    private float[] _pasted = [];

    public RcnnHeadDecoder(DecoderInputs inputs, bool masks)
    {
        _decoder = inputs.Output.Decoder;
        _masks = masks;
        _options = inputs.Options;
        _firstClass = inputs.GetInt("firstClass", 1);
        _threshold = inputs.GetFloat("threshold", 0.5f);
        _labels = inputs.Labels.Length;
        inputs.RequireOutputCount(
            4,
            masks
                ? "boxes [D, 4], labels [D], scores [D], masks [D, 1, side, side]"
                : "boxes [D, 4], labels [D], scores [D], heatmaps [D, K, side, side] or keypoints [D, K, 3]");
        inputs.RequireShape(Boxes, "boxes", -1, 4);
        inputs.RequireShape(ClassIds, "labels", -1);
        inputs.RequireShape(Scores, "scores", -1);
        _indices = [.. inputs.OutputIndices];
        var head = inputs.GetTensorInfo(Head).Shape;
        _points = !masks && head.Length == 3;
        if (_points)
        {
            inputs.RequireShape(Head, "keypoints", -1, -1, 3);
        }
        else
        {
            inputs.RequireShape(Head, masks ? "masks" : "heatmaps", -1, masks ? 1 : -1, -1, -1);
        }

        _keypoints = masks ? 0 : (int)head[1];
        _side = _points ? 0 : (int)head[^1];
        if (!masks && _keypoints is < 1 or > 1024 || !_points && (_side is < 2 or > 1024 || head[^2] != _side))
        {
            throw new ModelFormatException(
                $"decoder '{_decoder}' expects square maps of a fixed size of 2 to 1024 a side and 1 to 1024 keypoints; "
                    + $"the graph has {inputs.GetTensorInfo(Head)}");
        }
    }

    public override bool ProducesMasks => _masks;

    public override bool ProducesKeypoints => _keypoints > 0;

    public override bool SupportsBatches => false;

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        int each = _masks ? _side * _side : _points ? 3 * _keypoints : _keypoints * _side * _side;
        var boxes = outputs.GetData(_indices[Boxes]);
        var labels = outputs.GetData(_indices[ClassIds]);
        var scores = outputs.GetData(_indices[Scores]);
        var head = outputs.GetData(_indices[Head]);
        int rows = scores.Length;
        if (batch != 0 || boxes.Length != 4L * rows || labels.Length != rows || head.Length != (long)each * rows)
        {
            throw new ModelFormatException(
                $"decoder '{_decoder}' expects one item per batch and 4 coordinates, a label and {each} values per box; "
                    + $"the network returned {boxes.Length}, {labels.Length} and {head.Length} for {rows} scores");
        }

        FiniteCheck.ThrowIfNotFinite(boxes, outputs.GetName(_indices[Boxes]));
        FiniteCheck.ThrowIfNotFinite(scores, outputs.GetName(_indices[Scores]));
        FiniteCheck.ThrowIfNotFinite(labels, outputs.GetName(_indices[ClassIds]));
        if (_keys.Length < rows)
        {
            _keys = new ulong[Math.Max(rows, 128)];
        }

        NonMaxSuppression.SortByScore(scores, _keys);
        var found = result.Detections;
        found.Clear(_keypoints, false, _masks ? transform.InputWidth : 0, _masks ? transform.InputHeight : 0);
        for (int k = 0; k < rows && found.Count < _options.MaxDetections; k++)
        {
            int i = (int)(uint)_keys[k];
            if (!(scores[i] > _options.Confidence))
            {
                break;
            }

            float id = labels[i] - _firstClass;
            if (id != MathF.Floor(id) || id < 0 || id >= (_labels > 0 ? _labels : 1 << 20))
            {
                throw new InvalidOutputException(
                    $"output '{outputs.GetName(_indices[ClassIds])}' contains class {labels[i]}, "
                        + $"but the model has {_labels} classes starting at {_firstClass}");
            }

            var b = boxes.Slice(4 * i, 4);
            var box = CandidateList.EnsureFinite(new Box(
                Math.Clamp(b[0], 0, transform.InputWidth), Math.Clamp(b[1], 0, transform.InputHeight),
                Math.Clamp(b[2], 0, transform.InputWidth), Math.Clamp(b[3], 0, transform.InputHeight)), outputs.GetName(_indices[Boxes]));
            var values = head.Slice(i * each, each);
            FiniteCheck.ThrowIfNotFinite(values, outputs.GetName(_indices[Head]));
            int at = found.Add(YoloCandidates.ToFrame(box, transform), scores[i], (int)id);
            if (_masks)
            {
                PasteMask(values, box, at, transform, found);
            }
            else
            {
                WriteKeypoints(values, box, found.GetMutableKeypoints(at), transform, outputs.GetName(_indices[Head]));
            }
        }
    }

    private void PasteMask(ReadOnlySpan<float> mask, in Box box, int at, in FrameTransform t, Detections found)
    {
        var region = MaskPaster.GetRegion(box, _side, t.InputWidth, t.InputHeight);
        int pixels = region.Width * region.Height;
        if (_pasted.Length < pixels)
        {
            _pasted = new float[pixels];
        }

        MaskPaster.Paste(mask, _side, box, region, _pasted);
        var bytes = found.AddMask(at, region.X, region.Y, region.Width, region.Height);
        for (int p = 0; p < bytes.Length; p++)
        {
            bytes[p] = _pasted[p] > _threshold ? (byte)1 : (byte)0;
        }
    }

    private void WriteKeypoints(ReadOnlySpan<float> values, in Box box, Span<Keypoint> points, in FrameTransform t, string name)
    {
        if (!_points)
        {
            _heatmaps.Locate(values, _side, box, points);
        }

        for (int k = 0; k < points.Length; k++)
        {
            var p = _points ? new Keypoint(values[3 * k], values[3 * k + 1], values[3 * k + 2]) : points[k];
            points[k] = CandidateList.EnsureFinite(p with { X = t.ToFrameX(p.X), Y = t.ToFrameY(p.Y) }, name);
        }
    }
}
