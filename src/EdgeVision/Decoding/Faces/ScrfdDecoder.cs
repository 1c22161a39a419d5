using EdgeVision.Decoding.Common;
using EdgeVision.Decoding.Yolo;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Faces;

/// <summary>Decodes SCRFD faces: scores, distances and, where the model has them, keypoints for each stride.</summary>
/// <remarks>
/// Scores [N, cells * anchors, 1], distances to left, top, right, bottom [.., 4] and keypoints [.., 2K], both in strides from the corner of
/// the cell (x * stride, y * stride). Source: insightface's scrfd.py. Outputs are identified by their last dimension and ordered by their
/// length.
/// </remarks>
internal sealed class ScrfdDecoder : OutputDecoder
{
    private readonly int[] _strides;
    private readonly int _anchorsPerCell;
    private readonly int[] _scores;
    private readonly int[] _boxes;
    private readonly int[] _points;
    private readonly int _keypoints;
    private readonly DecoderOptions _options;
    private readonly CandidateList _candidates = new();
    private readonly NonMaxSuppression _nms = new();

    public ScrfdDecoder(DecoderInputs inputs)
    {
        _options = inputs.Options;
        _strides = inputs.GetStrides([8, 16, 32]);
        _anchorsPerCell = inputs.GetInt("anchorsPerCell", 2);
        int levels = _strides.Length;
        inputs.RequireOutputCount(
            inputs.OutputIndices.Count == levels * 2 ? levels * 2 : levels * 3,
            $"scores, boxes and keypoints for each of {levels} strides");
        int groups = inputs.OutputIndices.Count / levels;
        var last = Enumerable.Range(0, inputs.OutputIndices.Count).GroupBy(i => inputs.GetDimensionFromEnd(i, 1)).OrderBy(g => g.Key).ToArray();
        if (_anchorsPerCell < 1)
        {
            throw new SpecException($"parameter 'anchorsPerCell' of decoder 'scrfd' must be at least 1; got {_anchorsPerCell}");
        }

        inputs.RequireAnchorLimit(_strides, _ => _anchorsPerCell);

        if (last.Length != groups || last[0].Key != 1 || last[1].Key != 4 || groups == 3 && last[2].Key % 2 != 0
            || last.Any(g => g.Count() != levels))
        {
            throw new ModelFormatException(
                $"decoder 'scrfd' expects {levels} outputs each with a last dimension of 1, 4 and 2 * keypoints; "
                    + $"the graph has {string.Join("; ", inputs.OutputIndices.Select((_, i) => inputs.GetTensorInfo(i)))}");
        }

        _scores = [.. last[0].OrderByDescending(i => inputs.GetDimensionFromEnd(i, 2)).Select(i => inputs.OutputIndices[i])];
        _boxes = [.. last[1].OrderByDescending(i => inputs.GetDimensionFromEnd(i, 2)).Select(i => inputs.OutputIndices[i])];
        _points = groups == 3 ? [.. last[2].OrderByDescending(i => inputs.GetDimensionFromEnd(i, 2)).Select(i => inputs.OutputIndices[i])] : [];
        _keypoints = groups == 3 ? (int)last[2].Key / 2 : 0;
    }

    public override bool ProducesKeypoints => _keypoints > 0;

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        _candidates.Clear();
        for (int level = 0; level < _strides.Length; level++)
        {
            int stride = _strides[level];
            int width = (transform.InputWidth + stride - 1) / stride, height = (transform.InputHeight + stride - 1) / stride;
            int count = width * height * _anchorsPerCell;
            var scores = GetRows(outputs, _scores[level], batch, count, 1);
            var boxes = GetRows(outputs, _boxes[level], batch, count, 4);
            if (_keypoints > 0)
            {
                GetRows(outputs, _points[level], batch, count, _keypoints * 2);
            }

            FiniteCheck.ThrowIfNotFinite(scores, outputs.GetName(_scores[level]));
            for (int i = 0; i < count; i++)
            {
                if (scores[i] < _options.Confidence)
                {
                    continue;
                }

                int cell = i / _anchorsPerCell;
                float cx = cell % width * stride, cy = cell / width * stride;
                var d = boxes.Slice(i * 4, 4);
                var box = new Box(cx - d[0] * stride, cy - d[1] * stride, cx + d[2] * stride, cy + d[3] * stride);
                _candidates.Add(CandidateList.EnsureFinite(box, outputs.GetName(_boxes[level])), scores[i], 0, level << 24 | i);
            }
        }

        var kept = _nms.Run(_candidates.Boxes, _candidates.Scores, _options.Iou, _options.MaxDetections);
        result.Detections.Clear(_keypoints);
        foreach (int k in kept)
        {
            int index = result.Detections.Add(YoloCandidates.ToFrame(_candidates.Boxes[k], transform), _candidates.Scores[k], 0);
            if (_keypoints == 0)
            {
                continue;
            }

            int level = _candidates.SourceIndices[k] >> 24, i = _candidates.SourceIndices[k] & 0xFFFFFF, stride = _strides[level];
            int width = (transform.InputWidth + stride - 1) / stride, cell = i / _anchorsPerCell;
            int count = width * ((transform.InputHeight + stride - 1) / stride) * _anchorsPerCell;
            var rows = GetRows(outputs, _points[level], batch, count, _keypoints * 2);
            var offsets = rows.Slice(i * _keypoints * 2, _keypoints * 2);
            var points = result.Detections.GetMutableKeypoints(index);
            for (int p = 0; p < _keypoints; p++)
            {
                points[p] = CandidateList.EnsureFinite(new Keypoint(
                    transform.ToFrameX(cell % width * stride + offsets[2 * p] * stride),
                    transform.ToFrameY(cell / width * stride + offsets[2 * p + 1] * stride), 1), outputs.GetName(_points[level]));
            }
        }
    }

    private static ReadOnlySpan<float> GetRows(TensorSet outputs, int tensor, int batch, int count, int size)
    {
        var data = outputs.GetData(tensor);
        var shape = outputs.GetShape(tensor);
        if (shape.Length < 2 || shape[^1] != size || shape[^2] % count != 0
            || data.Length < (batch + 1) * count * size || data.Length % (count * size) != 0)
        {
            throw new ModelFormatException(
                $"decoder 'scrfd' expects {count} rows of {size}; "
                    + $"output '{outputs.GetName(tensor)}' is [{string.Join(", ", outputs.GetShape(tensor).ToArray())}]");
        }

        return data.Slice(batch * count * size, count * size);
    }
}
