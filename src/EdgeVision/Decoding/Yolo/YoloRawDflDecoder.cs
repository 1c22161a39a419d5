using EdgeVision.Decoding.Common;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Yolo;

/// <summary>Decodes YOLOv6, v8, v9, 11 and 12 without their box decoding, as exports for accelerators leave them.</summary>
/// <remarks>
/// For each stride there are box logits [N, 4 * bins, h, w] and class logits [N, classes, h, w], or both in one output, boxes first.
/// <c>bins</c> (16; 1: the distances themselves), <c>strides</c> (8, 16, 32), <c>activated</c>: class scores are sigmoids already.
/// Distances left, top, right, bottom from the center of the cell, times the stride (Ultralytics tal.py, dist2bbox); score above the
/// threshold; suppression as in Ultralytics.
/// </remarks>
internal sealed class YoloRawDflDecoder : CandidateDecoder
{
    private readonly int[] _boxes;
    private readonly int[] _scores;
    private readonly int[] _strides;
    private readonly int _bins;
    private readonly int _classes;
    private readonly bool _activated;
    private readonly bool _isJoined;
    private float[] _best = [];
    private int[] _bestClass = [];

    public YoloRawDflDecoder(DecoderInputs inputs)
        : base(inputs)
    {
        _strides = inputs.GetStrides([8, 16, 32]);
        _bins = inputs.GetInt("bins", 16);
        _activated = inputs.GetBool("activated", false);
        if (_bins is < 1 or > 256)
        {
            throw new SpecException($"parameter 'bins' of decoder '{DecoderName}' must be from 1 to 256; got {_bins}");
        }

        int levels = _strides.Length, sides = 4 * _bins;
        _isJoined = inputs.OutputIndices.Count == levels;
        inputs.RequireOutputCount(
            _isJoined ? levels : 2 * levels,
            $"for each of {levels} strides [N, {sides} + classes, h, w], or [N, {sides}, h, w] and [N, classes, h, w]");
        for (int i = 0; i < inputs.OutputIndices.Count; i++)
        {
            inputs.RequireShape(i, "head", -1, -1, -1, -1);
        }

        // Two outputs per level: identified by their channels, or, with as many classes as box channels, boxes first.
        var boxes = Enumerable.Range(0, inputs.OutputIndices.Count).Where(i => _isJoined || inputs.GetDimensionFromEnd(i, 3) == sides).ToArray();
        if (!_isJoined && boxes.Length != levels)
        {
            boxes = [.. Enumerable.Range(0, 2 * levels).Where(i => i % 2 == 0)];
        }

        int[] scores = _isJoined ? boxes : [.. Enumerable.Range(0, 2 * levels).Except(boxes)];
        if (!_isJoined && boxes.Any(i => inputs.GetDimensionFromEnd(i, 3) is > 0 and var c && c != sides))
        {
            throw new ModelFormatException(
                $"decoder '{DecoderName}' expects {levels} outputs with {sides} box channels; "
                    + $"the graph has {string.Join("; ", inputs.OutputIndices.Select((_, i) => inputs.GetTensorInfo(i)))}");
        }

        _classes = GetClassCount(inputs, inputs.GetDimensionFromEnd(scores[0], 3), _isJoined ? sides : 0, inputs.GetTensorInfo(scores[0]));
        foreach (int i in scores)
        {
            inputs.RequireShape(i, "class scores", -1, _classes + (_isJoined ? sides : 0), -1, -1);
        }

        _boxes = [.. boxes.Select(i => inputs.OutputIndices[i])];
        _scores = [.. scores.Select(i => inputs.OutputIndices[i])];
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        Candidates.Clear();
        for (int level = 0; level < _strides.Length; level++)
        {
            DecodeLevel(outputs, batch, level);
        }

        Report(transform, result, YoloCandidates.ClassOffset, YoloCandidates.MaxCandidates);
    }

    private void DecodeLevel(TensorSet outputs, int batch, int level)
    {
        var shape = outputs.GetShape(_scores[level]);
        var boxShape = outputs.GetShape(_boxes[level]);
        int sides = 4 * _bins, channels = _classes + (_isJoined ? sides : 0), boxChannels = _isJoined ? channels : sides;
        if (shape.Length != 4 || shape[1] != channels || batch >= shape[0] || boxShape.Length != 4 || boxShape[0] != shape[0]
            || boxShape[1] != boxChannels || boxShape[2] != shape[2] || boxShape[3] != shape[3])
        {
            throw ShapeMismatch($"[N, {channels}, h, w] and boxes of {boxChannels} channels with the same h and w", shape);
        }

        int w = (int)shape[3], plane = (int)shape[2] * w, stride = _strides[level];
        var scores = outputs.GetData(_scores[level]).Slice((batch * channels + channels - _classes) * plane, _classes * plane);
        var boxes = outputs.GetData(_boxes[level]).Slice(batch * boxChannels * plane, sides * plane);
        if (_best.Length < plane)
        {
            (_best, _bestClass) = (new float[plane], new int[plane]);
        }

        if (!ClassArgMax.Find(scores, _classes, plane, _best, _bestClass))
        {
            throw new InvalidOutputException(
                $"output '{outputs.GetName(_scores[level])}' contains NaN or infinite scores; the model or its input is broken");
        }

        float gate = _activated ? Options.Confidence : LogitThreshold;
        for (int i = 0; i < plane; i++)
        {
            if (!(_best[i] > gate))
            {
                continue;
            }

            float score = _activated ? _best[i] : Sigmoid(_best[i]);
            if (score > Options.Confidence)
            {
                float left = DistributionDistance.GetExpectation(boxes, i, plane, _bins);
                float top = DistributionDistance.GetExpectation(boxes, i + _bins * plane, plane, _bins);
                float right = DistributionDistance.GetExpectation(boxes, i + 2 * _bins * plane, plane, _bins);
                float bottom = DistributionDistance.GetExpectation(boxes, i + 3 * _bins * plane, plane, _bins);
                float x = i % w + 0.5f, y = i / w + 0.5f;
                var box = new Box((x - left) * stride, (y - top) * stride, (x + right) * stride, (y + bottom) * stride);
                Candidates.Add(CandidateList.EnsureFinite(box, outputs.GetName(_boxes[level])), score, _bestClass[i], i);
            }
        }
    }
}
