using System.Numerics.Tensors;
using EdgeVision.Decoding.Common;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Yolo;

/// <summary>Decodes NanoDet-Plus: rows [N, cells, classes + 4 * bins] of class scores and of distances as distributions.</summary>
/// <remarks>
/// Scores are sigmoids, as its ONNX export applies them, unless <c>activated</c> is false. Distances have <c>bins</c> (8), for the cells of
/// <c>strides</c> (8, 16, 32, 64). A cell lies at (x + offset) * stride, offset 0 (Plus) or 0.5 (the first NanoDet). Boxes are clipped to
/// the input; score above the threshold; suppression by class (nanodet_plus_head.py, get_bboxes and multiclass_nms: torchvision's
/// batched_nms; not only the best class of a cell but every class above the threshold is a candidate).
/// </remarks>
internal sealed class NanoDetDecoder : CandidateDecoder
{
    private readonly int _output;
    private readonly int _classes;
    private readonly int _bins;
    private readonly bool _activated;
    private readonly float _offset;
    private readonly (float X, float Y, float Stride)[] _cells;

    public NanoDetDecoder(DecoderInputs inputs)
        : base(inputs)
    {
        _bins = inputs.GetInt("bins", 8);
        _offset = inputs.GetFloat("offset", 0);
        _activated = inputs.GetBool("activated", true);
        if (_bins is < 2 or > 256)
        {
            throw new SpecException($"parameter 'bins' of decoder '{DecoderName}' must be from 2 to 256; got {_bins}");
        }

        inputs.RequireOutputCount(1, $"rows [N, cells, classes + {4 * _bins}]");
        inputs.RequireShape(0, "rows", -1, -1, -1);
        _output = inputs.OutputIndices[0];
        _classes = GetClassCount(inputs, inputs.GetDimensionFromEnd(0, 1), 4 * _bins, inputs.GetTensorInfo(0));
        int[] strides = inputs.GetStrides([8, 16, 32, 64]);
        inputs.RequireAnchorLimit(strides, _ => 1);
        _cells = [.. GridCells.Create(inputs.Spec.Input.Width, inputs.Spec.Input.Height, strides)];
        if (inputs.GetTensorInfo(0).Shape[1] is > 0 and var rows && rows != _cells.Length)
        {
            throw new ModelFormatException(
                $"decoder '{DecoderName}' expects {_cells.Length} cells for its strides; the graph has {inputs.GetTensorInfo(0)}");
        }
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_output);
        int size = _classes + 4 * _bins;
        if (shape.Length != 3 || shape[1] != _cells.Length || shape[2] != size || batch >= shape[0])
        {
            throw ShapeMismatch($"[N, {_cells.Length}, {size}]", shape);
        }

        var data = outputs.GetData(_output).Slice(batch * _cells.Length * size, _cells.Length * size);
        string name = outputs.GetName(_output);
        FiniteCheck.ThrowIfNotFinite(data, name);
        float gate = _activated ? Options.Confidence : LogitThreshold;
        Candidates.Clear();
        for (int i = 0; i < _cells.Length; i++)
        {
            var row = data.Slice(i * size, size);
            if (!(TensorPrimitives.Max(row[.._classes]) > gate))
            {
                continue;
            }

            var box = GetBox(_cells[i], row[_classes..], transform);
            for (int c = 0; c < _classes; c++)
            {
                float score = _activated ? row[c] : Sigmoid(row[c]);
                if (score > Options.Confidence)
                {
                    Candidates.Add(box, score, c, i);
                }
            }
        }

        Report(transform, result, classOffset: -1);
    }

    private Box GetBox((float X, float Y, float Stride) cell, ReadOnlySpan<float> sides, in FrameTransform t)
    {
        float x = (cell.X + _offset) * cell.Stride, y = (cell.Y + _offset) * cell.Stride;
        float left = DistributionDistance.GetExpectation(sides, 0, 1, _bins) * cell.Stride;
        float top = DistributionDistance.GetExpectation(sides, _bins, 1, _bins) * cell.Stride;
        float right = DistributionDistance.GetExpectation(sides, 2 * _bins, 1, _bins) * cell.Stride;
        float bottom = DistributionDistance.GetExpectation(sides, 3 * _bins, 1, _bins) * cell.Stride;
        return new Box(
            Math.Clamp(x - left, 0, t.InputWidth), Math.Clamp(y - top, 0, t.InputHeight),
            Math.Clamp(x + right, 0, t.InputWidth), Math.Clamp(y + bottom, 0, t.InputHeight));
    }
}
