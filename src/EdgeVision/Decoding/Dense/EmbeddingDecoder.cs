using System.Numerics.Tensors;
using EdgeVision.Decoding.Common;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Dense;

/// <summary>Decodes metric learning: a feature vector [N, dimension], normalized to unit length.</summary>
internal sealed class EmbeddingDecoder : OutputDecoder
{
    private readonly int _output;
    private readonly string _name;
    private readonly bool _normalize;

    public EmbeddingDecoder(DecoderInputs inputs)
    {
        inputs.RequireOutputCount(1, "features [N, dimension]");
        _output = inputs.OutputIndices[0];
        _name = inputs.GetTensorInfo(0).Name;
        _normalize = inputs.GetBool("normalize", true);
        if (inputs.GetTensorInfo(0).Shape.Length < 2 || inputs.GetTensorInfo(0).Shape.Skip(2).Any(d => d > 1))
        {
            throw new ModelFormatException($"decoder 'embedding' expects [N, dimension]; the graph has {inputs.GetTensorInfo(0)}");
        }
    }

    public override OutputKind Produces => OutputKind.Embedding;

    public override void SetLabels(VisionResult result, string[] labels)
    {
        // Vectors have no classes.
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_output);
        if (shape.Length < 2 || batch >= shape[0] || shape[1] < 1 || outputs.GetData(_output).Length != shape[0] * shape[1])
        {
            throw new ModelFormatException(
                $"decoder 'embedding' expects [N, dimension]; the network returned [{string.Join(", ", shape.ToArray())}]");
        }

        int dimension = (int)shape[1];
        var features = outputs.GetData(_output).Slice(batch * dimension, dimension);
        FiniteCheck.ThrowIfNotFinite(features, _name);
        var values = result.Embedding.Resize(dimension);
        float norm = TensorPrimitives.Norm(features);
        if (_normalize && norm > 0)
        {
            TensorPrimitives.Divide(features, norm, values);
        }
        else
        {
            features.CopyTo(values);
        }
    }
}
