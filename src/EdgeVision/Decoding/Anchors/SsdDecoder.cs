using System.Numerics.Tensors;
using EdgeVision.Decoding.Common;
using EdgeVision.Decoding.Yolo;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Anchors;

/// <summary>Decodes SSD: scores [N, A, classes] with the background as class 0, and boxes [N, A, 4].</summary>
/// <remarks>
/// Boxes are either corners 0..1 of the input ("ultraface", decoded in the graph) or regressions of priors ("ssd": center = loc * variance0
/// * prior size + prior center, size = exp(loc * variance1) * prior size, at most 62.5 times larger). Priors: for each stride a grid of
/// ceil(input / stride) cells in the order y, x, box. Their sizes are either the <c>minBoxes</c> of that stride in pixels, with priors
/// clipped to 0..1 (Ultra-Light-Fast-Generic-Face-Detector-1MB), or given by <c>scales</c> (one more than strides) and <c>ratios</c> by
/// stride: s_k, sqrt(s_k * s_k+1), then (w, h) and (h, w) of each ratio, as fractions of the input, with only the sizes clipped
/// (torchvision's DefaultBoxGenerator). <c>softmax</c> is applied on request, <c>topk</c> limits each class before suppression, and
/// <c>clip</c> clips boxes to the input before it (torchvision SSD300: true, 400, true). Suppression by class. Reported class ids exclude
/// the background.
/// </remarks>
internal sealed class SsdDecoder : OutputDecoder
{
    private readonly string _name;
    private readonly int _scores;
    private readonly int _boxes;
    private readonly int _classes;
    private const float MaxLogSize = 4.135166556742356f; // log(1000 / 16), torchvision's BoxCoder
    private readonly bool _softmax;
    private readonly bool _clip;
    private readonly int _topK;
    private readonly float _centerVariance;
    private readonly float _sizeVariance;
    private readonly (float X, float Y, float W, float H)[] _priors = [];
    private readonly DecoderOptions _options;
    private readonly CandidateList _candidates = new();
    private readonly NonMaxSuppression _nms = new();
    private readonly List<int> _ofClass = [];
    private float[] _classScores = [];
    private ulong[] _keys = [];
    private float[] _probabilities = [];

    public SsdDecoder(DecoderInputs inputs, bool raw)
    {
        _name = inputs.Output.Decoder;
        _options = inputs.Options;
        inputs.RequireOutputCount(2, "scores [N, boxes, classes] and boxes [N, boxes, 4]");
        inputs.RequireShape(0, "scores", -1, -1, -1);
        inputs.RequireShape(1, "boxes", -1, -1, 4);
        (_scores, _boxes) = (inputs.OutputIndices[0], inputs.OutputIndices[1]);
        _softmax = inputs.GetBool("softmax", false);
        _classes = (int)Math.Max(inputs.GetTensorInfo(0).Shape[2], 0);
        if (_classes < 2 || inputs.Labels.Length > 0 && inputs.Labels.Length != _classes - 1)
        {
            throw new ModelFormatException(
                $"decoder '{_name}' expects scores for the background and {inputs.Labels.Length} labels; the graph has {inputs.GetTensorInfo(0)}");
        }

        _topK = inputs.GetInt("topk", int.MaxValue);
        _clip = inputs.GetBool("clip", false);
        if (_topK < 1)
        {
            throw new SpecException($"parameter 'topk' of decoder '{_name}' must be at least 1; got {_topK}");
        }

        if (!raw)
        {
            return;
        }

        float[] variances = inputs.GetFloats("variances", [0.1f, 0.2f]);
        int[] strides = inputs.GetStrides();
        (int width, int height) = (inputs.Spec.Input.Width, inputs.Spec.Input.Height);
        if (variances.Length != 2)
        {
            throw new SpecException(
                $"parameter 'variances' of decoder '{_name}' must be [center, size]; got [{string.Join(", ", variances)}]");
        }

        (_centerVariance, _sizeVariance) = (variances[0], variances[1]);
        if (inputs.Output.Parameters.ContainsKey("scales"))
        {
            float[] scales = inputs.GetFloats("scales");
            float[][] ratios = inputs.GetFloatLists("ratios");
            if (scales.Length != strides.Length + 1 || ratios.Length != strides.Length || scales.Any(s => !(s > 0))
                || ratios.Any(level => level.Any(r => !(r > 0))))
            {
                throw new SpecException(
                    $"parameters of decoder '{_name}' must be {strides.Length + 1} 'scales' (one more than strides) and a list of 'ratios' "
                        + $"for each of {strides.Length} strides, all above 0; got {scales.Length} scales and {ratios.Length} lists of "
                        + "ratios");
            }

            inputs.RequireAnchorLimit(strides, level => 2 + 2 * ratios[level].Length);
            _priors =
                CreatePriors(width, height, strides, level => GetDefaultSizes(scales[level], scales[level + 1], ratios[level]), clipCenters: false);
        }
        else
        {
            float[][] minBoxes = inputs.GetFloatLists("minBoxes");
            if (strides.Length != minBoxes.Length || minBoxes.Any(level => level.Length == 0 || level.Any(s => !(s > 0))))
            {
                throw new SpecException(
                    $"parameter 'minBoxes' of decoder '{_name}' must be a list of pixels above 0 for each of {strides.Length} strides; "
                        + $"got {minBoxes.Length} lists");
            }

            inputs.RequireAnchorLimit(strides, level => minBoxes[level].Length);
            _priors = CreatePriors(
                width, height, strides, level => [.. minBoxes[level].Select(size => (size / width, size / height))], clipCenters: true);
        }

        if (inputs.GetTensorInfo(0).Shape[1] > 0 && inputs.GetTensorInfo(0).Shape[1] != _priors.Length)
        {
            throw new ModelFormatException(
                $"decoder '{_name}' expects {_priors.Length} priors for its parameters; the graph has {inputs.GetTensorInfo(0)}");
        }
    }

    /// <summary>Returns priors (center, size) as fractions of the input, in the order level, y, x, box.</summary>
    /// <remarks>Sizes are clipped to 1, centers on request: the last cell may extend beyond the input.</remarks>
    internal static (float X, float Y, float W, float H)[] CreatePriors(
        int width, int height, int[] strides, Func<int, (float W, float H)[]> sizes, bool clipCenters)
    {
        var priors = new List<(float, float, float, float)>();
        float most = clipCenters ? 1 : float.PositiveInfinity;
        for (int level = 0; level < strides.Length; level++)
        {
            int s = strides[level];
            float scaleX = (float)width / s, scaleY = (float)height / s;
            var around = sizes(level);
            for (int y = 0; y < (height + s - 1) / s; y++)
            {
                for (int x = 0; x < (width + s - 1) / s; x++)
                {
                    foreach (var (w, h) in around)
                    {
                        priors.Add((
                            MathF.Min((x + 0.5f) / scaleX, most),
                            MathF.Min((y + 0.5f) / scaleY, most),
                            Math.Clamp(w, 0, 1),
                            Math.Clamp(h, 0, 1)));
                    }
                }
            }
        }

        return [.. priors];
    }

    /// <summary>Returns the sizes of torchvision's DefaultBoxGenerator for one level, as fractions of the input.</summary>
    internal static (float W, float H)[] GetDefaultSizes(double scale, double next, float[] ratios)
    {
        float side = (float)Math.Sqrt(scale * next);
        var sizes = new List<(float, float)> { ((float)scale, (float)scale), (side, side) };
        foreach (float ratio in ratios)
        {
            float w = (float)(scale * Math.Sqrt(ratio)), h = (float)(scale / Math.Sqrt(ratio));
            sizes.Add((w, h));
            sizes.Add((h, w));
        }

        return [.. sizes];
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_scores);
        var boxShape = outputs.GetShape(_boxes);
        if (shape.Length != 3 || shape[2] != _classes || batch >= shape[0]
            || boxShape.Length != 3 || boxShape[1] != shape[1] || boxShape[2] != 4 || boxShape[0] != shape[0]
            || _priors.Length > 0 && shape[1] != _priors.Length)
        {
            throw new ModelFormatException(
                $"decoder '{_name}' expects [N, boxes, {_classes}] and [N, boxes, 4]; "
                    + $"the network returned [{string.Join(", ", shape.ToArray())}] and [{string.Join(", ", boxShape.ToArray())}]");
        }

        int count = (int)shape[1];
        var scores = outputs.GetData(_scores).Slice(batch * count * _classes, count * _classes);
        var boxes = outputs.GetData(_boxes).Slice(batch * count * 4, count * 4);
        FiniteCheck.ThrowIfNotFinite(scores, outputs.GetName(_scores));
        _candidates.Clear();
        if (_softmax)
        {
            if (_probabilities.Length < scores.Length)
            {
                _probabilities = new float[scores.Length];
            }

            for (int i = 0; i < count; i++)
            {
                // Shifted by the maximum, so that large logits do not overflow.
                var row = _probabilities.AsSpan(i * _classes, _classes);
                TensorPrimitives.Subtract(scores.Slice(i * _classes, _classes),
                    TensorPrimitives.Max(scores.Slice(i * _classes, _classes)), row);
                TensorPrimitives.SoftMax(row, row);
            }

            scores = _probabilities.AsSpan(0, scores.Length);
        }

        for (int c = 1; c < _classes; c++)
        {
            DecodeClass(scores, boxes, c, count, transform, outputs.GetName(_boxes));
        }

        // Offset 0: classes are compared, not moved apart.
        var kept = _options.ClassAgnostic
            ? _nms.Run(_candidates.Boxes, _candidates.Scores, _options.Iou, _options.MaxDetections)
            : _nms.Run(_candidates.Boxes, _candidates.Scores, _candidates.ClassIds, 0, _options.Iou, _options.MaxDetections);
        result.Detections.Clear();
        foreach (int k in kept)
        {
            result.Detections.Add(YoloCandidates.ToFrame(_candidates.Boxes[k], transform), _candidates.Scores[k], _candidates.ClassIds[k]);
        }
    }

    private void DecodeClass(ReadOnlySpan<float> scores, ReadOnlySpan<float> boxes, int classIndex, int count, in FrameTransform transform,
        string name)
    {
        _ofClass.Clear();
        for (int i = 0; i < count; i++)
        {
            if (scores[i * _classes + classIndex] > _options.Confidence)
            {
                _ofClass.Add(i);
            }
        }

        int n = _ofClass.Count;
        if (_keys.Length < n)
        {
            _keys = new ulong[count];
            _classScores = new float[count];
        }

        for (int k = 0; k < n; k++)
        {
            _classScores[k] = scores[_ofClass[k] * _classes + classIndex];
        }

        NonMaxSuppression.SortByScore(_classScores.AsSpan(0, n), _keys);
        for (int k = 0; k < Math.Min(n, _topK); k++)
        {
            int at = (int)(uint)_keys[k], i = _ofClass[at];
            var box = CandidateList.EnsureFinite(GetBox(boxes.Slice(i * 4, 4), i, transform), name);
            if (_clip)
            {
                box = new Box(
                    Math.Clamp(box.X1, 0, transform.InputWidth), Math.Clamp(box.Y1, 0, transform.InputHeight),
                    Math.Clamp(box.X2, 0, transform.InputWidth), Math.Clamp(box.Y2, 0, transform.InputHeight));
            }

            _candidates.Add(box, _classScores[at], classIndex - 1, i);
        }
    }

    private Box GetBox(ReadOnlySpan<float> b, int i, in FrameTransform t)
    {
        if (_priors.Length == 0)
        {
            return new Box(b[0] * t.InputWidth, b[1] * t.InputHeight, b[2] * t.InputWidth, b[3] * t.InputHeight);
        }

        var p = _priors[i];
        float cx = b[0] * _centerVariance * p.W + p.X, cy = b[1] * _centerVariance * p.H + p.Y;
        float w = MathF.Exp(MathF.Min(b[2] * _sizeVariance, MaxLogSize)) * p.W;
        float h = MathF.Exp(MathF.Min(b[3] * _sizeVariance, MaxLogSize)) * p.H;
        return new Box(
            (cx - w / 2) * t.InputWidth, (cy - h / 2) * t.InputHeight, (cx + w / 2) * t.InputWidth, (cy + h / 2) * t.InputHeight);
    }
}
