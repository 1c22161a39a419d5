using EdgeVision.Decoding.Common;
using EdgeVision.Decoding.Yolo;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Faces;

/// <summary>Decodes YuNet faces as OpenCV's FaceDetectorYN does (objdetect/src/face_detect.cpp).</summary>
/// <remarks>
/// For strides 8, 16, 32 there are the outputs cls, obj [N, cells, 1], bbox [.., 4] and kps [.., 10]. score = sqrt(cls * obj), both clamped
/// to 0..1, kept when at least the threshold. Boxes are truncated to whole pixels for suppression only, as there. Where suppression runs
/// (two faces or more), NMSBoxes drops scores equal to the threshold.
/// </remarks>
internal sealed class YuNetDecoder : OutputDecoder
{
    private const int Keypoints = 5;
    private const int TopK = 5000;
    private readonly int[] _strides;
    private readonly int[] _cls;
    private readonly int[] _obj;
    private readonly int[] _box;
    private readonly int[] _kps;
    private readonly DecoderOptions _options;
    private readonly CandidateList _exact = new();
    private readonly CandidateList _truncated = new();
    private readonly NonMaxSuppression _nms = new();

    public YuNetDecoder(DecoderInputs inputs)
    {
        _options = inputs.Options;
        _strides = inputs.GetStrides([8, 16, 32]);
        inputs.RequireOutputCount(4 * _strides.Length, "cls, obj, bbox and kps for each stride");
        int Find(string kind, int stride, int size)
        {
            for (int i = 0; i < inputs.OutputIndices.Count; i++)
            {
                if (inputs.GetTensorInfo(i).Name == $"{kind}_{stride}")
                {
                    inputs.RequireShape(i, inputs.GetTensorInfo(i).Name, -1, -1, size);
                    return inputs.OutputIndices[i];
                }
            }

            throw new ModelFormatException($"decoder 'yunet' requires an output '{kind}_{stride}', which the graph does not have");
        }

        _cls = [.. _strides.Select(s => Find("cls", s, 1))];
        _obj = [.. _strides.Select(s => Find("obj", s, 1))];
        _box = [.. _strides.Select(s => Find("bbox", s, 4))];
        _kps = [.. _strides.Select(s => Find("kps", s, 2 * Keypoints))];
    }

    public override bool ProducesKeypoints => true;

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        _exact.Clear();
        _truncated.Clear();
        for (int level = 0; level < _strides.Length; level++)
        {
            int stride = _strides[level], width = transform.InputWidth / stride, count = width * (transform.InputHeight / stride);
            var cls = GetRows(outputs, _cls[level], batch, count, 1);
            var obj = GetRows(outputs, _obj[level], batch, count, 1);
            var box = GetRows(outputs, _box[level], batch, count, 4);
            FiniteCheck.ThrowIfNotFinite(cls, outputs.GetName(_cls[level]));
            FiniteCheck.ThrowIfNotFinite(obj, outputs.GetName(_obj[level]));
            for (int i = 0; i < count; i++)
            {
                float score = MathF.Sqrt(Math.Clamp(cls[i], 0, 1) * Math.Clamp(obj[i], 0, 1));
                if (score < _options.Confidence)
                {
                    continue;
                }

                var b = box.Slice(i * 4, 4);
                float cx = (i % width + b[0]) * stride, cy = (i / width + b[1]) * stride;
                float w = MathF.Exp(b[2]) * stride, h = MathF.Exp(b[3]) * stride;
                float x = cx - w / 2, y = cy - h / 2;
                _exact.Add(CandidateList.EnsureFinite(new Box(x, y, x + w, y + h), outputs.GetName(_box[level])), score, 0, level << 24 | i);
                _truncated.Add(new Box((int)x, (int)y, (int)x + (int)w, (int)y + (int)h), score, 0, 0);
            }
        }

        var kept = _nms.Run(_truncated.Boxes, _truncated.Scores, _options.Iou, _options.MaxDetections, TopK);
        result.Detections.Clear(Keypoints);
        foreach (int k in kept)
        {
            if (_exact.Count > 1 && !(_exact.Scores[k] > _options.Confidence))
            {
                break; // sorted, so only scores equal to it follow
            }

            int index = result.Detections.Add(YoloCandidates.ToFrame(_exact.Boxes[k], transform), _exact.Scores[k], 0);
            int level = _exact.SourceIndices[k] >> 24, i = _exact.SourceIndices[k] & 0xFFFFFF;
            int stride = _strides[level], width = transform.InputWidth / stride, count = width * (transform.InputHeight / stride);
            var offsets = GetRows(outputs, _kps[level], batch, count, 2 * Keypoints).Slice(i * 2 * Keypoints, 2 * Keypoints);
            var points = result.Detections.GetMutableKeypoints(index);
            for (int p = 0; p < Keypoints; p++)
            {
                points[p] = CandidateList.EnsureFinite(new Keypoint(
                    transform.ToFrameX((offsets[2 * p] + i % width) * stride),
                    transform.ToFrameY((offsets[2 * p + 1] + i / width) * stride), 1), outputs.GetName(_kps[level]));
            }
        }
    }

    private static ReadOnlySpan<float> GetRows(TensorSet outputs, int tensor, int batch, int count, int size)
    {
        var shape = outputs.GetShape(tensor);
        if (shape.Length != 3 || batch >= shape[0] || shape[1] != count || shape[2] != size)
        {
            throw new ModelFormatException(
                $"decoder 'yunet' expects [N, {count}, {size}]; "
                    + $"output '{outputs.GetName(tensor)}' is [{string.Join(", ", shape.ToArray())}]");
        }

        return outputs.GetData(tensor).Slice(batch * count * size, count * size);
    }
}
