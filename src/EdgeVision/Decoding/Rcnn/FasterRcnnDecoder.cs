using System.Numerics.Tensors;
using EdgeVision.Decoding.Anchors;
using EdgeVision.Decoding.Common;
using EdgeVision.Decoding.Yolo;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Rcnn;

/// <summary>Decodes two-stage detectors in one graph, as torchvision's RoIHeads.postprocess_detections.</summary>
/// <remarks>
/// For the proposals of all items: class logits [R, classes + 1] (background first), box deltas [R, (classes + 1) * 4], the proposals [R,
/// 4] in pixels of the input, and the item of each [R]. BoxCoder with <c>weights</c> (10, 10, 5, 5), softmax, clipped to the input,
/// background dropped, score above the threshold, sides of at least 0.01, suppression by class, the best kept.
/// </remarks>
internal sealed class FasterRcnnDecoder : OutputDecoder
{
    private const float MinSide = 1e-2f;
    private readonly int _logits, _deltas, _proposals, _items;
    private readonly int _classes;
    private readonly BoxCoder _coder;
    private readonly DecoderOptions _options;
    private readonly CandidateList _candidates = new();
    private readonly NonMaxSuppression _nms = new();
    private float[] _probabilities = [];

    public FasterRcnnDecoder(DecoderInputs inputs)
    {
        inputs.RequireOutputCount(4, "class logits [R, classes + 1], box deltas [R, (classes + 1) * 4], proposals [R, 4], items [R]");
        inputs.RequireShape(0, "class logits", -1, -1);
        inputs.RequireShape(1, "box deltas", -1, -1);
        inputs.RequireShape(2, "proposals", -1, 4);
        inputs.RequireShape(3, "items", -1);
        (_logits, _deltas, _proposals, _items) = (inputs.OutputIndices[0], inputs.OutputIndices[1], inputs.OutputIndices[2], inputs.OutputIndices[3]);
        _options = inputs.Options;
        float[] weights = inputs.GetFloats("weights", [10, 10, 5, 5]);
        if (weights.Length != 4 || !weights.All(w => w > 0))
        {
            throw new SpecException(
                "parameter 'weights' of decoder 'faster-rcnn' must be four numbers above 0 (x, y, width, height); got "
                    + $"[{string.Join(", ", weights)}]");
        }

        _coder = new BoxCoder(weights[0], weights[1], weights[2], weights[3]);
        _classes = (int)Math.Max(inputs.GetTensorInfo(0).Shape[1], 0);
        if (_classes < 2 || inputs.Labels.Length > 0 && inputs.Labels.Length != _classes - 1 || inputs.GetTensorInfo(1).Shape[1] != _classes * 4)
        {
            throw new ModelFormatException(
                $"decoder 'faster-rcnn' expects logits for the background and {inputs.Labels.Length} labels, and four deltas for each; "
                    + $"the graph has {inputs.GetTensorInfo(0)} and {inputs.GetTensorInfo(1)}");
        }
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_logits);
        long rows = shape.Length == 2 ? shape[0] : -1;
        var logits = outputs.GetData(_logits);
        var deltas = outputs.GetData(_deltas);
        var proposals = outputs.GetData(_proposals);
        var items = outputs.GetData(_items);
        if (rows < 0 || shape[1] != _classes || logits.Length != rows * _classes || deltas.Length != rows * _classes * 4
            || proposals.Length != rows * 4 || items.Length != rows)
        {
            throw new ModelFormatException(
                $"decoder 'faster-rcnn' expects {_classes} logits and {_classes * 4} deltas for each proposal; "
                    + $"the network returned {logits.Length}, {deltas.Length} and {proposals.Length} numbers for {items.Length} proposals");
        }

        FiniteCheck.ThrowIfNotFinite(logits, outputs.GetName(_logits));
        FiniteCheck.ThrowIfNotFinite(items, outputs.GetName(_items)); // otherwise a row would silently belong to no item
        if (_probabilities.Length < _classes)
        {
            _probabilities = new float[_classes];
        }

        _candidates.Clear();
        for (int r = 0; r < rows; r++)
        {
            if (items[r] == batch)
            {
                DecodeRow(
                    logits.Slice(r * _classes, _classes), deltas.Slice(r * _classes * 4, _classes * 4), proposals.Slice(r * 4, 4),
                    r, transform, outputs.GetName(_deltas));
            }
        }

        Suppress(transform, result);
    }

    private void DecodeRow(ReadOnlySpan<float> logits, ReadOnlySpan<float> deltas, ReadOnlySpan<float> proposal, int row,
        in FrameTransform transform, string name)
    {
        // Shifted by the maximum, so that large logits do not overflow.
        var p = _probabilities.AsSpan(0, _classes);
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), p);
        TensorPrimitives.SoftMax(p, p);
        for (int c = 1; c < _classes; c++)
        {
            if (!(p[c] > _options.Confidence))
            {
                continue;
            }

            var box = _coder.Decode(new Box(proposal[0], proposal[1], proposal[2], proposal[3]), deltas.Slice(c * 4, 4));
            box = CandidateList.EnsureFinite(box, name);
            box = new Box(
                Math.Clamp(box.X1, 0, transform.InputWidth), Math.Clamp(box.Y1, 0, transform.InputHeight),
                Math.Clamp(box.X2, 0, transform.InputWidth), Math.Clamp(box.Y2, 0, transform.InputHeight));
            if (box.X2 - box.X1 >= MinSide && box.Y2 - box.Y1 >= MinSide)
            {
                _candidates.Add(box, p[c], c, row);
            }
        }
    }

    private void Suppress(in FrameTransform transform, VisionResult result)
    {
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
            result.Detections.Add(YoloCandidates.ToFrame(_candidates.Boxes[k], transform), _candidates.Scores[k],
                _candidates.ClassIds[k] - 1);
        }
    }
}
