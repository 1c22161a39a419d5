namespace EdgeVision;

/// <summary>
/// SSD: scores [N, A, classes] with the background as class 0, and boxes [N, A, 4]. Boxes are either corners 0..1 of the
/// input ("ultraface", decoded in the graph) or regressions of priors ("ssd": centre = loc * variance0 * prior size + prior
/// centre, size = exp(loc * variance1) * prior size). Priors: for each stride a grid of ceil(input / stride) cells with the
/// <c>minBoxes</c> of that stride, in the order y, x, box, clipped to 0..1. Suppression by class. Reported class ids leave
/// the background out. Source: Ultra-Light-Fast-Generic-Face-Detector-1MB.
/// </summary>
internal sealed class SsdDecoder : OutputDecoder
{
    private readonly string _name;
    private readonly int _scores;
    private readonly int _boxes;
    private readonly int _classes;
    private readonly bool _softmax;
    private readonly float _centerVariance;
    private readonly float _sizeVariance;
    private readonly (float X, float Y, float W, float H)[] _priors = [];
    private readonly DecoderOptions _options;
    private readonly CandidateList _candidates = new();
    private readonly NmsWorkspace _nms = new();
    private readonly float[] _row;

    public SsdDecoder(DecoderInputs inputs, bool raw)
    {
        _name = inputs.Output.Decoder;
        _options = inputs.Options;
        inputs.Expect(2, "scores [N, boxes, classes] and boxes [N, boxes, 4]");
        inputs.ExpectShape(0, "scores", -1, -1, -1);
        inputs.ExpectShape(1, "boxes", -1, -1, 4);
        (_scores, _boxes) = (inputs.Indices[0], inputs.Indices[1]);
        _softmax = inputs.Bool("softmax", false);
        _classes = (int)Math.Max(inputs.Info(0).Shape[2], 0);
        if (_classes < 2 || inputs.Spec.Labels.Length > 0 && inputs.Spec.Labels.Length != _classes - 1)
        {
            throw new ModelFormatException($"decoder '{_name}' expects scores for the background and {inputs.Spec.Labels.Length} labels; the graph has {inputs.Info(0)}");
        }

        _row = new float[_classes];
        if (!raw)
        {
            return;
        }

        float[] variances = inputs.Floats("variances", [0.1f, 0.2f]);
        int[] strides = inputs.Ints("strides");
        float[][] minBoxes = inputs.FloatLists("minBoxes");
        if (variances.Length != 2 || strides.Length != minBoxes.Length || strides.Any(s => s < 1))
        {
            throw new SpecException($"decoder '{_name}' needs two variances and a list of minBoxes for each stride");
        }

        (_centerVariance, _sizeVariance) = (variances[0], variances[1]);
        _priors = Priors(inputs.Spec.Input.Width, inputs.Spec.Input.Height, strides, minBoxes);
        if (inputs.Info(0).Shape[1] > 0 && inputs.Info(0).Shape[1] != _priors.Length)
        {
            throw new ModelFormatException($"decoder '{_name}' makes {_priors.Length} priors from its parameters; the graph has {inputs.Info(0)}");
        }
    }

    private static (float X, float Y, float W, float H)[] Priors(int width, int height, int[] strides, float[][] minBoxes)
    {
        var priors = new List<(float, float, float, float)>();
        for (int level = 0; level < strides.Length; level++)
        {
            int s = strides[level];
            float scaleX = (float)width / s, scaleY = (float)height / s;
            for (int y = 0; y < (height + s - 1) / s; y++)
            {
                for (int x = 0; x < (width + s - 1) / s; x++)
                {
                    foreach (float size in minBoxes[level])
                    {
                        priors.Add((Math.Clamp((x + 0.5f) / scaleX, 0, 1), Math.Clamp((y + 0.5f) / scaleY, 0, 1), Math.Clamp(size / width, 0, 1), Math.Clamp(size / height, 0, 1)));
                    }
                }
            }
        }

        return [.. priors];
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.Shape(_scores);
        var boxShape = outputs.Shape(_boxes);
        if (shape.Length != 3 || shape[2] != _classes || batch >= shape[0] || boxShape.Length != 3 || boxShape[1] != shape[1] || boxShape[2] != 4 || boxShape[0] != shape[0] || _priors.Length > 0 && shape[1] != _priors.Length)
        {
            throw new ModelFormatException($"decoder '{_name}' expects [N, boxes, {_classes}] and [N, boxes, 4]; the network gave [{string.Join(", ", shape.ToArray())}] and [{string.Join(", ", boxShape.ToArray())}]");
        }

        int count = (int)shape[1];
        var scores = outputs.Data(_scores).Slice(batch * count * _classes, count * _classes);
        var boxes = outputs.Data(_boxes).Slice(batch * count * 4, count * 4);
        Finite.Check(scores, outputs.Name(_scores));
        _candidates.Clear();
        for (int i = 0; i < count; i++)
        {
            var row = scores.Slice(i * _classes, _classes);
            if (_softmax)
            {
                System.Numerics.Tensors.TensorPrimitives.Subtract(row, System.Numerics.Tensors.TensorPrimitives.Max(row), _row);
                System.Numerics.Tensors.TensorPrimitives.SoftMax<float>(_row, _row);
                row = _row;
            }

            for (int c = 1; c < _classes; c++)
            {
                if (row[c] > _options.Confidence)
                {
                    _candidates.Add(CandidateList.Checked(BoxOf(boxes.Slice(i * 4, 4), i, transform), outputs.Name(_boxes)), row[c], c - 1, i);
                }
            }
        }

        // Offset 0: classes are kept apart by comparing them.
        var kept = _options.ClassAgnostic
            ? _nms.Run(_candidates.Boxes, _candidates.Scores, _options.Iou, _options.MaxDetections)
            : _nms.Run(_candidates.Boxes, _candidates.Scores, _candidates.ClassIds, 0, _options.Iou, _options.MaxDetections);
        result.Detections.Clear();
        foreach (int k in kept)
        {
            result.Detections.Add(YoloCandidates.ToFrame(_candidates.Boxes[k], transform), _candidates.Scores[k], _candidates.ClassIds[k]);
        }
    }

    private Box BoxOf(ReadOnlySpan<float> b, int i, in FrameTransform t)
    {
        if (_priors.Length == 0)
        {
            return new Box(b[0] * t.InputWidth, b[1] * t.InputHeight, b[2] * t.InputWidth, b[3] * t.InputHeight);
        }

        var p = _priors[i];
        float cx = b[0] * _centerVariance * p.W + p.X, cy = b[1] * _centerVariance * p.H + p.Y;
        float w = MathF.Exp(b[2] * _sizeVariance) * p.W, h = MathF.Exp(b[3] * _sizeVariance) * p.H;
        return new Box((cx - w / 2) * t.InputWidth, (cy - h / 2) * t.InputHeight, (cx + w / 2) * t.InputWidth, (cy + h / 2) * t.InputHeight);
    }
}
