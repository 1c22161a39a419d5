using EdgeVision.Decoding.Common;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Pose;

/// <summary>Decodes SimCC (Li et al. 2022): scores of columns and rows to one keypoint each.</summary>
/// <remarks>
/// Columns [N, keypoints, columns * splitRatio] and rows [N, keypoints, rows * splitRatio]. The index of the maximum of each, divided by
/// <c>splitRatio</c> (2), is the keypoint in pixels of the input, and the lower of the two maxima is its score (mmpose, get_simcc_maximum).
/// With <c>softmax</c>, scores are first converted to probabilities, divided by <c>peak</c> (1), the maximum that the training aims at, and
/// limited to 1. A keypoint whose score is not above 0 lies at -1.
/// </remarks>
internal sealed class SimccDecoder : OutputDecoder
{
    private readonly int _columns, _rows;
    private readonly float _splitRatio;
    private readonly bool _softmax;
    private readonly float _peak;

    public SimccDecoder(DecoderInputs inputs)
    {
        inputs.RequireOutputCount(2, "scores of columns and of rows, each [N, keypoints, bins]");
        inputs.RequireShape(0, "columns", -1, -1, -1);
        inputs.RequireShape(1, "rows", -1, -1, -1);
        (_columns, _rows) = (inputs.OutputIndices[0], inputs.OutputIndices[1]);
        _splitRatio = inputs.GetFloat("splitRatio", 2);
        _softmax = inputs.GetBool("softmax", false);
        _peak = inputs.GetFloat("peak", 1);
        if (!(_splitRatio > 0) || !(_peak > 0))
        {
            throw new SpecException(
                $"parameters 'splitRatio' and 'peak' of decoder 'simcc' must be above 0; got {_splitRatio} and {_peak}");
        }
    }

    public override bool ProducesKeypoints => true;

    public override bool IsTopDown => true;

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var columns = outputs.GetShape(_columns);
        var rows = outputs.GetShape(_rows);
        if (columns.Length != 3 || rows.Length != 3 || batch >= columns[0] || rows[0] != columns[0] || rows[1] != columns[1]
            || columns[1] < 1 || columns[2] < 1 || rows[2] < 1)
        {
            throw new ModelFormatException(
                "decoder 'simcc' expects [N, keypoints, bins] twice; "
                    + $"the network returned [{string.Join(", ", columns.ToArray())}] and [{string.Join(", ", rows.ToArray())}]");
        }

        int keypoints = (int)columns[1], across = (int)columns[2], down = (int)rows[2];
        var x = outputs.GetData(_columns).Slice(batch * keypoints * across, keypoints * across);
        var y = outputs.GetData(_rows).Slice(batch * keypoints * down, keypoints * down);
        FiniteCheck.ThrowIfNotFinite(x, outputs.GetName(_columns));
        FiniteCheck.ThrowIfNotFinite(y, outputs.GetName(_rows));
        var points = PoseKeypoints.AddPose(result, keypoints, transform);
        for (int k = 0; k < keypoints; k++)
        {
            var (px, sx) = FindBest(x.Slice(k * across, across));
            var (py, sy) = FindBest(y.Slice(k * down, down));
            float score = MathF.Min(sx, sy);
            points[k] = CandidateList.EnsureFinite(score > 0
                ? PoseKeypoints.ToFrame(px / _splitRatio, py / _splitRatio, score, transform)
                : PoseKeypoints.ToFrame(-1, -1, score, transform), outputs.GetName(_columns));
        }

        PoseKeypoints.SetMeanScore(result);
    }

    private (int At, float Score) FindBest(ReadOnlySpan<float> scores)
    {
        int at = 0;
        for (int i = 1; i < scores.Length; i++)
        {
            at = scores[i] > scores[at] ? i : at;
        }

        if (!_softmax)
        {
            return (at, scores[at]);
        }

        float sum = 0;
        foreach (float s in scores)
        {
            sum += MathF.Exp(s - scores[at]);
        }

        return (at, MathF.Min(1, 1 / (sum * _peak)));
    }
}
