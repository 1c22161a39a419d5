using EdgeVision.Decoding.Common;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Yolo;

/// <summary>Decodes rows of YOLO, [N, rows, 5 + classes], of cx, cy, w, h, objectness and class scores.</summary>
/// <remarks>
/// As exported by YOLOv5, v6 and v7 ("yolo-rows"): pixels of the input, score = objectness * class above the threshold, suppression as in
/// Ultralytics. As exported by YOLOX ("yolox"): values relative to the cells of <c>strides</c> (8, 16, 32), xy = (value + cell) * stride,
/// wh = exp(value) * stride, unless <c>decoded</c>; a score equal to the threshold passes, and suppression is torchvision's batched_nms
/// (yolox/utils/boxes.py, postprocess). As exported by the segmentation models of YOLOv5 and v7 ("yolo-rows-seg"): mask coefficients follow
/// in each row, and a second output [N, coefficients, h, w] holds the prototypes (<see cref="PrototypeMasks"/>: <c>masks</c> crop-first,
/// <c>threshold</c> sigmoid, as yolov5/utils/segment/general.py, process_mask with upsample).
/// </remarks>
internal sealed class YoloRowsDecoder : CandidateDecoder
{
    private readonly int _output;
    private readonly int _classes;
    private readonly bool _yolox;
    private readonly PrototypeMasks? _masks;
    private readonly (float X, float Y, float Stride)[]? _cells;

    public YoloRowsDecoder(DecoderInputs inputs, bool yolox, bool masks = false)
        : base(inputs)
    {
        inputs.RequireOutputCount(
            masks ? 2 : 1,
            masks
                ? "rows [N, rows, 5 + classes + coefficients] and prototypes [N, coefficients, h, w]"
                : "rows [N, rows, 5 + classes]");
        int rows = masks ? 1 - PrototypeMasks.FindPrototypes(inputs) : 0;
        inputs.RequireShape(rows, "rows", -1, -1, -1);
        _output = inputs.OutputIndices[rows];
        _yolox = yolox;
        _masks = masks ? new PrototypeMasks(inputs, 1 - rows, "sigmoid") : null;
        _classes = GetClassCount(inputs, inputs.GetDimensionFromEnd(rows, 1), 5 + CoefficientCount, inputs.GetTensorInfo(rows));
        if (yolox && !inputs.GetBool("decoded", false))
        {
            int[] strides = inputs.GetStrides([8, 16, 32]);
            inputs.RequireAnchorLimit(strides, _ => 1);
            _cells = [.. GridCells.Create(inputs.Spec.Input.Width, inputs.Spec.Input.Height, strides)];
            if (inputs.GetTensorInfo(0).Shape[1] is > 0 and var count && count != _cells.Length)
            {
                throw new ModelFormatException(
                    $"decoder '{DecoderName}' expects {_cells.Length} cells for its strides; the graph has {inputs.GetTensorInfo(0)}");
            }
        }
    }

    private int CoefficientCount => _masks?.CoefficientCount ?? 0;

    public override bool ProducesMasks => _masks is not null;

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_output);
        int size = 5 + _classes + CoefficientCount;
        if (shape.Length != 3 || shape[2] != size || batch >= shape[0] || _cells is not null && shape[1] != _cells.Length)
        {
            throw ShapeMismatch($"[N, {(_cells is null ? "rows" : _cells.Length)}, {size}]", shape);
        }

        int rows = (int)shape[1];
        var data = outputs.GetData(_output).Slice(batch * rows * size, rows * size);
        string name = outputs.GetName(_output);
        FiniteCheck.ThrowIfNotFinite(data, name);
        Candidates.Clear();
        for (int i = 0; i < rows; i++)
        {
            var row = data.Slice(i * size, size);
            float objectness = row[4];
            if (!_yolox && !(objectness > Options.Confidence)) // YOLOv5 drops these before it compares classes
            {
                continue;
            }

            int best = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row.Slice(5, _classes));
            float score = objectness * row[5 + best];
            if (!(_yolox ? score >= Options.Confidence : score > Options.Confidence))
            {
                continue;
            }

            float cx = row[0], cy = row[1], w = row[2], h = row[3];
            if (_cells is not null)
            {
                var (x, y, stride) = _cells[i];
                (cx, cy, w, h) = ((cx + x) * stride, (cy + y) * stride, MathF.Exp(w) * stride, MathF.Exp(h) * stride);
            }

            var box = CandidateList.EnsureFinite(new Box(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), name);
            Candidates.Add(box, CandidateList.EnsureFinite(score, name), best, i);
        }

        if (_masks is not null)
        {
            ReportMasks(outputs, batch, data, size, transform, result.Detections);
        }
        else if (_yolox)
        {
            Report(transform, result, classOffset: -1);
        }
        else
        {
            Report(transform, result, YoloCandidates.ClassOffset, YoloCandidates.MaxCandidates);
        }
    }

    private void ReportMasks(TensorSet outputs, int batch, ReadOnlySpan<float> data, int size, in FrameTransform transform,
        Detections detections)
    {
        var kept = Suppress(YoloCandidates.ClassOffset, YoloCandidates.MaxCandidates);
        detections.Clear(maskWidth: transform.InputWidth, maskHeight: transform.InputHeight);
        _masks!.Begin();
        foreach (int k in kept)
        {
            int index =
                detections.Add(YoloCandidates.ToFrame(Candidates.Boxes[k], transform), Candidates.Scores[k], Candidates.ClassIds[k]);
            data.Slice(Candidates.SourceIndices[k] * size + 5 + _classes, CoefficientCount).CopyTo(_masks.NextCoefficients);
            _masks.AddMask(outputs, batch, Candidates.Boxes[k], detections, index);
        }

        _masks.Complete(outputs, batch, detections);
    }
}
