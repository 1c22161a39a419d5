using EdgeVision.Decoding.Common;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Yolo;

/// <summary>Decodes FastestDet: one output [N, 5 + classes, h, w].</summary>
/// <remarks>
/// Channels: objectness (0..1), tx, ty (before tanh), tw, th (before sigmoid) and class scores (0..1). score = objectness^0.6 * class^0.4;
/// center = (tanh(t) + cell) / grid and size = sigmoid(t), as fractions of the input.
/// </remarks>
internal sealed class FastestDetDecoder : OutputDecoder
{
    private readonly int _output;
    private readonly int _classes;
    private readonly DecoderOptions _options;
    private readonly CandidateList _candidates = new();
    private readonly NonMaxSuppression _nms = new();

    public FastestDetDecoder(DecoderInputs inputs)
    {
        inputs.RequireOutputCount(1, "cells [N, 5 + classes, h, w]");
        inputs.RequireShape(0, "cells", -1, -1, -1, -1);
        _output = inputs.OutputIndices[0];
        _options = inputs.Options;
        _classes = inputs.GetTensorInfo(0).Shape[1] > 5 ? (int)inputs.GetTensorInfo(0).Shape[1] - 5 : inputs.Labels.Length;
        if (_classes < 1 || inputs.Labels.Length > 0 && inputs.Labels.Length != _classes)
        {
            throw new ModelFormatException(
                $"decoder 'fastestdet' finds {_classes} classes in {inputs.GetTensorInfo(0)}, but the spec has {inputs.Labels.Length} labels");
        }
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform t, VisionResult result)
    {
        var shape = outputs.GetShape(_output);
        if (shape.Length != 4 || shape[1] != 5 + _classes || batch >= shape[0])
        {
            throw new ModelFormatException(
                $"decoder 'fastestdet' expects [N, {5 + _classes}, h, w]; the network returned [{string.Join(", ", shape.ToArray())}]");
        }

        int height = (int)shape[2], width = (int)shape[3], plane = width * height;
        var data = outputs.GetData(_output).Slice(batch * plane * (5 + _classes), plane * (5 + _classes));
        FiniteCheck.ThrowIfNotFinite(data, outputs.GetName(_output));
        _candidates.Clear();
        for (int i = 0; i < plane; i++)
        {
            int best = 0;
            float score = data[5 * plane + i];
            for (int c = 1; c < _classes; c++)
            {
                if (data[(5 + c) * plane + i] > score)
                {
                    (best, score) = (c, data[(5 + c) * plane + i]);
                }
            }

            score = MathF.Pow(data[i], 0.6f) * MathF.Pow(score, 0.4f);
            if (!(score > _options.Confidence))
            {
                continue;
            }

            float cx = (MathF.Tanh(data[plane + i]) + i % width) / width, cy = (MathF.Tanh(data[2 * plane + i]) + i / width) / height;
            float w = Sigmoid(data[3 * plane + i]), h = Sigmoid(data[4 * plane + i]);
            var box = new Box(
                (cx - w / 2) * t.InputWidth, (cy - h / 2) * t.InputHeight, (cx + w / 2) * t.InputWidth, (cy + h / 2) * t.InputHeight);
            _candidates.Add(box, CandidateList.EnsureFinite(score, outputs.GetName(_output)), best, i);
        }

        var kept = _options.ClassAgnostic
            ? _nms.Run(_candidates.Boxes, _candidates.Scores, _options.Iou, _options.MaxDetections)
            : _nms.Run(_candidates.Boxes, _candidates.Scores, _candidates.ClassIds, 0, _options.Iou, _options.MaxDetections);
        result.Detections.Clear();
        foreach (int k in kept)
        {
            result.Detections.Add(YoloCandidates.ToFrame(_candidates.Boxes[k], t), _candidates.Scores[k], _candidates.ClassIds[k]);
        }
    }

    private static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));
}
