using EdgeVision.Decoding.Common;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Yolo;

/// <summary>Decodes YOLOv8, v9, 11, 12 and v5u as Ultralytics exports them: one output [N, 4 + classes, anchors].</summary>
/// <remarks>
/// Rows are cx, cy, w, h in input pixels and class scores 0..1. With keypoints (pose), K * D rows of numbers follow. With prototypes
/// (segment), mask coefficients follow, and a second output [N, coefficients, h, w] holds the prototypes (<see cref="PrototypeMasks"/>:
/// <c>masks</c> crop-first, <c>threshold</c> logit). Semantics: Ultralytics 8.3 (non_max_suppression, scale_boxes, scale_coords,
/// process_mask with upsample).
/// </remarks>
internal sealed class YoloDflDecoder : OutputDecoder
{
    private readonly int _output;
    private readonly PrototypeMasks? _masks;
    private readonly int _keypoints;
    private readonly int _keypointSize;
    private readonly int _classes;
    private readonly YoloCandidates _candidates;
    private readonly string _name;

    public YoloDflDecoder(DecoderInputs inputs, bool masks, bool pose)
    {
        _name = inputs.Output.Decoder;
        inputs.RequireOutputCount(
            masks ? 2 : 1,
            masks
                ? "rows [N, 4 + classes + coefficients, anchors] and prototypes [N, coefficients, h, w]"
                : "rows [N, 4 + classes, anchors]");
        int rows = masks ? 1 - PrototypeMasks.FindPrototypes(inputs) : 0;
        _output = inputs.OutputIndices[rows];
        inputs.RequireShape(rows, "rows", -1, -1, -1);
        _masks = masks ? new PrototypeMasks(inputs, 1 - rows, "logit") : null;
        int extra = _masks?.CoefficientCount ?? 0;
        if (pose)
        {
            int[] shape = inputs.GetInts("keypoints");
            if (shape.Length != 2 || shape[0] is < 1 or > 1024 || shape[1] is not (2 or 3))
            {
                throw new SpecException(
                    $"parameter 'keypoints' of decoder '{_name}' must be [1 to 1024, 2 or 3]; got [{string.Join(", ", shape)}]");
            }

            (_keypoints, _keypointSize) = (shape[0], shape[1]);
            extra = _keypoints * _keypointSize;
        }

        long channels = inputs.GetTensorInfo(rows).Shape[1];
        _classes = channels > 0 ? (int)channels - 4 - extra : inputs.Labels.Length;
        if (_classes < 1 || channels > 0 && inputs.Labels.Length > 0 && inputs.Labels.Length != _classes)
        {
            throw new ModelFormatException(
                $"decoder '{_name}' finds {_classes} classes in output {inputs.GetTensorInfo(rows)} (4 box rows, {extra} others), "
                    + $"but the spec has {inputs.Labels.Length} labels");
        }

        _candidates = new YoloCandidates(inputs.GetTensorInfo(rows).Name, inputs.Options);
    }

    private int ExtraRows => _masks?.CoefficientCount ?? _keypoints * _keypointSize;

    public override bool ProducesMasks => _masks is not null;

    public override bool ProducesKeypoints => _keypoints > 0;

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_output);
        if (shape.Length != 3 || shape[1] != 4 + _classes + ExtraRows || batch >= shape[0])
        {
            throw new ModelFormatException(
                $"decoder '{_name}' expects [N, {4 + _classes + ExtraRows}, anchors]; the network returned [{string.Join(
                    ", ", shape.ToArray())}]");
        }

        int anchors = (int)shape[2];
        int size = (int)shape[1] * anchors;
        var data = outputs.GetData(_output).Slice(batch * size, size);
        _candidates.Scan(data, _classes, anchors);
        var kept = _candidates.Suppress();
        var detections = result.Detections;
        detections.Clear(_keypoints, rotation: false, _masks is null ? 0 : transform.InputWidth,
            _masks is null ? 0 : transform.InputHeight);
        _masks?.Begin();
        foreach (int k in kept)
        {
            int index =
                detections.Add(YoloCandidates.ToFrame(_candidates.Boxes[k], transform), _candidates.Scores[k], _candidates.ClassIds[k]);
            int anchor = _candidates.AnchorIndices[k];
            if (_keypoints > 0)
            {
                ReadKeypoints(data, anchors, anchor, transform, detections.GetMutableKeypoints(index), outputs.GetName(_output));
            }

            if (_masks is not null)
            {
                var coefficients = _masks.NextCoefficients;
                for (int c = 0; c < coefficients.Length; c++)
                {
                    coefficients[c] = data[(4 + _classes + c) * anchors + anchor];
                }

                _masks.AddMask(outputs, batch, _candidates.Boxes[k], detections, index);
            }
        }

        _masks?.Complete(outputs, batch, detections);
    }

    private void ReadKeypoints(ReadOnlySpan<float> data, int anchors, int anchor, in FrameTransform transform, Span<Keypoint> points,
        string output)
    {
        for (int p = 0; p < points.Length; p++)
        {
            int row = 4 + _classes + p * _keypointSize;
            float x = (data[row * anchors + anchor] - transform.ExactPadX) / transform.ScaleX + transform.CropX;
            float y = (data[(row + 1) * anchors + anchor] - transform.ExactPadY) / transform.ScaleY + transform.CropY;
            float score = _keypointSize == 3 ? data[(row + 2) * anchors + anchor] : 1;
            CandidateList.EnsureFinite(new Keypoint(x, y, score), output); // before clipping to the frame hides an infinity
            points[p] = new Keypoint(Math.Clamp(x, 0, transform.FrameWidth), Math.Clamp(y, 0, transform.FrameHeight), score);
        }
    }
}
