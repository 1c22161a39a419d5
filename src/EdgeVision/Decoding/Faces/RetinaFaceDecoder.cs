using System.Numerics.Tensors;
using EdgeVision.Decoding.Common;
using EdgeVision.Decoding.Yolo;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Faces;

/// <summary>Decodes RetinaFace (biubug6's Pytorch_Retinaface): offsets, scores and landmarks of priors.</summary>
/// <remarks>
/// Offsets [N, A, 4], scores [N, A, 2] (background first; softmax is applied already unless <c>softmax</c> is true) and landmarks [N, A,
/// 2K]. For each of <c>strides</c> (8, 16, 32) there are priors of <c>minSizes</c> ([16, 32], [64, 128], [256, 512]) pixels at ((x + 0.5) *
/// stride, (y + 0.5) * stride). center = prior + offset * 0.1 * size, size = prior * exp(offset * 0.2), landmark = prior + offset * 0.1 *
/// size; <c>variances</c> (0.1, 0.2). Score above the threshold; suppression with 1 added to sides, as in py_cpu_nms.
/// </remarks>
internal sealed class RetinaFaceDecoder : CandidateDecoder
{
    private readonly int _boxes, _scores, _points;
    private readonly int _keypoints;
    private readonly bool _softmax;
    private readonly float _centreVariance, _sizeVariance;
    private readonly (float X, float Y, float Side)[] _priors;
    private readonly CandidateList _enlargedBoxes = new();
    private readonly NonMaxSuppression _nms = new();

    public RetinaFaceDecoder(DecoderInputs inputs)
        : base(inputs)
    {
        inputs.RequireOutputCount(3, "offsets [N, A, 4], scores [N, A, 2] and landmarks [N, A, 2 * keypoints]");
        inputs.RequireShape(0, "offsets", -1, -1, 4);
        inputs.RequireShape(1, "scores", -1, -1, 2);
        inputs.RequireShape(2, "landmarks", -1, -1, -1);
        (_boxes, _scores, _points) = (inputs.OutputIndices[0], inputs.OutputIndices[1], inputs.OutputIndices[2]);
        long landmarks = inputs.GetDimensionFromEnd(2, 1);
        if (landmarks is not (> 0 and < 1024) || landmarks % 2 != 0)
        {
            throw new ModelFormatException(
                $"decoder '{DecoderName}' expects landmarks [N, A, 2 * keypoints]; the graph has {inputs.GetTensorInfo(2)}");
        }

        _keypoints = (int)landmarks / 2;
        _softmax = inputs.GetBool("softmax", false);
        float[] variances = inputs.GetFloats("variances", [0.1f, 0.2f]);
        int[] strides = inputs.GetStrides([8, 16, 32]);
        float[][] sizes = inputs.Output.Parameters.ContainsKey("minSizes")
            ? inputs.GetFloatLists("minSizes")
            : [[16, 32], [64, 128], [256, 512]];
        if (variances.Length != 2 || sizes.Length != strides.Length || sizes.Any(s => s.Length == 0 || s.Any(v => !(v > 0))))
        {
            throw new SpecException(
                $"parameters of decoder '{DecoderName}' must be two 'variances' and, for each of {strides.Length} strides, "
                    + $"a list of 'minSizes' above 0; got {variances.Length} variances and {sizes.Length} lists");
        }

        (_centreVariance, _sizeVariance) = (variances[0], variances[1]);
        inputs.RequireAnchorLimit(strides, level => sizes[level].Length);
        var priors = new List<(float, float, float)>();
        for (int level = 0; level < strides.Length; level++)
        {
            foreach (var (x, y, stride) in GridCells.Create(inputs.Spec.Input.Width, inputs.Spec.Input.Height, [strides[level]]))
            {
                foreach (float size in sizes[level])
                {
                    priors.Add(((x + 0.5f) * stride, (y + 0.5f) * stride, size));
                }
            }
        }

        _priors = [.. priors];
        if (inputs.GetTensorInfo(0).Shape[1] is > 0 and var count && count != _priors.Length)
        {
            throw new ModelFormatException(
                $"decoder '{DecoderName}' expects {_priors.Length} priors for its parameters; the graph has {inputs.GetTensorInfo(0)}");
        }
    }

    public override bool ProducesKeypoints => _keypoints > 0;

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var boxes = GetRows(outputs, _boxes, batch, 4);
        var scores = GetRows(outputs, _scores, batch, 2);
        var points = GetRows(outputs, _points, batch, 2 * _keypoints);
        FiniteCheck.ThrowIfNotFinite(scores, outputs.GetName(_scores));
        Candidates.Clear();
        _enlargedBoxes.Clear();
        for (int i = 0; i < _priors.Length; i++)
        {
            float score = _softmax ? Sigmoid(scores[2 * i + 1] - scores[2 * i]) : scores[2 * i + 1];
            if (!(score > Options.Confidence))
            {
                continue;
            }

            var (x, y, side) = _priors[i];
            var d = boxes.Slice(i * 4, 4);
            float cx = x + d[0] * _centreVariance * side, cy = y + d[1] * _centreVariance * side;
            float w = side * MathF.Exp(d[2] * _sizeVariance), h = side * MathF.Exp(d[3] * _sizeVariance);
            var box = CandidateList.EnsureFinite(new Box(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), outputs.GetName(_boxes));
            Candidates.Add(box, score, 0, i);
            _enlargedBoxes.Add(box with { X2 = box.X2 + 1, Y2 = box.Y2 + 1 }, score, 0, i);
        }

        var kept = _nms.Run(_enlargedBoxes.Boxes, _enlargedBoxes.Scores, Options.Iou, Options.MaxDetections);
        result.Detections.Clear(_keypoints);
        foreach (int k in kept)
        {
            int index = result.Detections.Add(YoloCandidates.ToFrame(Candidates.Boxes[k], transform), Candidates.Scores[k], 0);
            int i = Candidates.SourceIndices[k];
            var (x, y, side) = _priors[i];
            var found = result.Detections.GetMutableKeypoints(index);
            for (int p = 0; p < _keypoints; p++)
            {
                float px = x + points[(i * _keypoints + p) * 2] * _centreVariance * side;
                float py = y + points[(i * _keypoints + p) * 2 + 1] * _centreVariance * side;
                found[p] = CandidateList.EnsureFinite(new Keypoint(transform.ToFrameX(px), transform.ToFrameY(py), 1), outputs.GetName(_points));
            }
        }
    }

    private ReadOnlySpan<float> GetRows(TensorSet outputs, int tensor, int batch, int size)
    {
        var shape = outputs.GetShape(tensor);
        return shape.Length == 3 && shape[1] == _priors.Length && shape[2] == size && batch < shape[0]
            ? outputs.GetData(tensor).Slice(batch * _priors.Length * size, _priors.Length * size)
            : throw ShapeMismatch($"[N, {_priors.Length}, {size}]", shape);
    }
}
