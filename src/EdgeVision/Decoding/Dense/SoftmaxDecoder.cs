using System.Numerics.Tensors;
using EdgeVision.Decoding.Common;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Dense;

/// <summary>Decodes classification: logits or probabilities [N, classes]; further dimensions of 1 are ignored.</summary>
internal sealed class SoftmaxDecoder : OutputDecoder
{
    private readonly int _output;
    private readonly string _name;
    private readonly bool _applied;
    private readonly int _top;
    private readonly int _labels;
    private float[] _probabilities = [];

    public SoftmaxDecoder(DecoderInputs inputs)
    {
        inputs.RequireOutputCount(1, "scores [N, classes]");
        _output = inputs.OutputIndices[0];
        _name = inputs.GetTensorInfo(0).Name;
        _applied = inputs.GetBool("applied", false);
        _top = Math.Max(1, inputs.GetInt("top", 5));
        _labels = inputs.Labels.Length;
        var shape = inputs.GetTensorInfo(0).Shape;
        if (shape.Length < 2 || shape.Skip(2).Any(d => d > 1) || _labels > 0 && shape[1] > 0 && shape[1] != _labels)
        {
            throw new ModelFormatException(
                $"decoder 'softmax' expects [N, {(_labels > 0 ? _labels : "classes")}]; the graph has {inputs.GetTensorInfo(0)}");
        }
    }

    public override OutputKind Produces => OutputKind.Classification;

    public override void SetLabels(VisionResult result, string[] labels) => result.Classification.Labels = labels;

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_output);
        if (shape.Length < 2 || batch >= shape[0] || shape[1] < 1 || outputs.GetData(_output).Length != shape[0] * shape[1]
            || _labels > 0 && shape[1] != _labels)
        {
            throw new ModelFormatException(
                $"decoder 'softmax' expects [N, {(_labels > 0 ? _labels : "classes")}]; "
                    + $"the network returned [{string.Join(", ", shape.ToArray())}]");
        }

        int classes = (int)shape[1];
        var scores = outputs.GetData(_output).Slice(batch * classes, classes);
        FiniteCheck.ThrowIfNotFinite(scores, _name);
        if (_applied)
        {
            result.Classification.Set(scores, _top);
            return;
        }

        if (_probabilities.Length < classes)
        {
            _probabilities = new float[classes];
        }

        // Shifted by the maximum, so that large logits do not overflow.
        var p = _probabilities.AsSpan(0, classes);
        TensorPrimitives.Subtract(scores, TensorPrimitives.Max(scores), p);
        TensorPrimitives.SoftMax(p, p);
        result.Classification.Set(p, _top);
    }
}
