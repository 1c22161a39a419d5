using EdgeVision.Decoding.Common;
using EdgeVision.Decoding.Yolo;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Pose;

/// <summary>Decodes MoveNet: one pose (<c>movenet</c>) or several poses (<c>movenet-multipose</c>).</summary>
/// <remarks>
/// Single pose: [N, 1, K, 3] of y, x, score, 0..1 of the input. The score of the pose is the mean of the keypoints' scores above
/// <c>keypointThreshold</c> (0.2), and its box is their hull; without such a keypoint there is no pose
/// (pose-detection/src/movenet/detector.ts). Multipose: [N, P, 3 K + 5] of keypoints as before, then ymin, xmin, ymax, xmax and the pose's
/// score; the graph has suppressed already. Poses above the threshold are reported best first; keypoints may lie outside the frame, boxes
/// are clipped to it.
/// </remarks>
internal sealed class MoveNetDecoder : OutputDecoder
{
    private readonly int _output;
    private readonly string _decoder;
    private readonly bool _multi;
    private readonly int _keypoints;
    private readonly float _keypointThreshold;
    private readonly DecoderOptions _options;
    private float[] _scores = [];
    private ulong[] _keys = [];

    public MoveNetDecoder(DecoderInputs inputs, bool multi)
    {
        _decoder = inputs.Output.Decoder;
        _multi = multi;
        _options = inputs.Options;
        _keypointThreshold = multi ? 0 : inputs.GetFloat("keypointThreshold", 0.2f);
        inputs.RequireOutputCount(1, multi ? "poses [N, P, 3 * keypoints + 5]" : "keypoints [N, 1, keypoints, 3]");
        _output = inputs.OutputIndices[0];
        var shape = inputs.GetTensorInfo(0).Shape;
        if (multi)
        {
            inputs.RequireShape(0, "poses", -1, -1, -1);
            _keypoints = shape[2] < 0 ? 17 : (int)((shape[2] - 5) / 3);
        }
        else
        {
            inputs.RequireShape(0, "keypoints", -1, 1, -1, 3);
            _keypoints = shape[2] < 0 ? 17 : (int)shape[2];
        }

        if (_keypoints is < 1 or > 1024 || multi && shape[2] >= 0 && shape[2] != 3 * _keypoints + 5)
        {
            throw new ModelFormatException(
                $"decoder '{_decoder}' expects 1 to 1024 keypoints of y, x, score{(multi ? " and a box with its score" : "")}; "
                    + $"the graph has {inputs.GetTensorInfo(0)}");
        }
    }

    public override bool ProducesKeypoints => true;

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_output);
        int size = 3 * _keypoints + (_multi ? 5 : 0);
        bool fits = _multi
            ? shape.Length == 3 && shape[2] == size
            : shape.Length == 4 && shape[1] == 1 && shape[2] == _keypoints && shape[3] == 3;
        if (!fits || batch >= shape[0])
        {
            throw new ModelFormatException(
                $"decoder '{_decoder}' expects {(_multi ? $"[N, P, {size}]" : $"[N, 1, {_keypoints}, 3]")}; "
                    + $"the network returned [{string.Join(", ", shape.ToArray())}]");
        }

        int poses = _multi ? (int)shape[1] : 1;
        var data = outputs.GetData(_output).Slice(batch * poses * size, poses * size);
        FiniteCheck.ThrowIfNotFinite(data, outputs.GetName(_output));
        result.Detections.Clear(_keypoints);
        if (_multi)
        {
            DecodePoses(data, poses, size, transform, result.Detections, outputs.GetName(_output));
        }
        else
        {
            DecodePose(data, transform, result.Detections, outputs.GetName(_output));
        }
    }

    private void DecodePose(ReadOnlySpan<float> data, in FrameTransform t, Detections found, string output)
    {
        float sum = 0;
        int count = 0;
        for (int k = 0; k < _keypoints; k++)
        {
            if (data[3 * k + 2] > _keypointThreshold)
            {
                sum += data[3 * k + 2];
                count++;
            }
        }

        float score = sum / Math.Max(count, 1);
        if (count == 0 || !(score > _options.Confidence))
        {
            return;
        }

        int index = found.Add(default, CandidateList.EnsureFinite(score, output), 0);
        WriteKeypoints(data, t, found.GetMutableKeypoints(index), output);
        found.SetBox(index, PoseKeypoints.GetBoundingBox(found.GetKeypoints(index), _keypointThreshold, t));
    }

    private void DecodePoses(ReadOnlySpan<float> data, int poses, int size, in FrameTransform t, Detections found, string output)
    {
        if (_scores.Length < poses)
        {
            (_scores, _keys) = (new float[poses], new ulong[poses]);
        }

        for (int p = 0; p < poses; p++)
        {
            _scores[p] = data[(p + 1) * size - 1];
        }

        NonMaxSuppression.SortByScore(_scores.AsSpan(0, poses), _keys);
        for (int i = 0; i < Math.Min(poses, _options.MaxDetections); i++)
        {
            int p = (int)(uint)_keys[i];
            if (!(_scores[p] > _options.Confidence))
            {
                break;
            }

            var row = data.Slice(p * size, size);
            var edges = row[(3 * _keypoints)..];
            var box = new Box(
                MathF.Min(edges[1], edges[3]) * t.InputWidth, MathF.Min(edges[0], edges[2]) * t.InputHeight,
                MathF.Max(edges[1], edges[3]) * t.InputWidth, MathF.Max(edges[0], edges[2]) * t.InputHeight);
            int index = found.Add(YoloCandidates.ToFrame(CandidateList.EnsureFinite(box, output), t), _scores[p], 0);
            WriteKeypoints(row, t, found.GetMutableKeypoints(index), output);
        }
    }

    private static void WriteKeypoints(ReadOnlySpan<float> data, in FrameTransform t, Span<Keypoint> points, string output)
    {
        for (int k = 0; k < points.Length; k++)
        {
            var point = PoseKeypoints.ToFrame(data[3 * k + 1] * t.InputWidth, data[3 * k] * t.InputHeight, data[3 * k + 2], t);
            points[k] = CandidateList.EnsureFinite(point, output);
        }
    }
}
