using System.Numerics.Tensors;

namespace EdgeVision;

/// <summary>Decodes metric learning: a feature vector [N, dimension], normalized to unit length.</summary>
internal sealed class EmbeddingDecoder : OutputDecoder
{
    private readonly int _output;
    private readonly string _name;
    private readonly bool _normalize;

    public EmbeddingDecoder(DecoderInputs inputs)
    {
        inputs.Expect(1, "features [N, dimension]");
        _output = inputs.Indices[0];
        _name = inputs.Info(0).Name;
        _normalize = inputs.Bool("normalize", true);
        if (inputs.Info(0).Shape.Length < 2 || inputs.Info(0).Shape.Skip(2).Any(d => d > 1))
        {
            throw new ModelFormatException($"decoder 'embedding' expects [N, dimension]; the graph has {inputs.Info(0)}");
        }
    }

    internal override ResultPart Fills => ResultPart.Embedding;

    internal override void Name(VisionResult result, string[] labels)
    {
        // Vectors have no classes.
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.Shape(_output);
        if (shape.Length < 2 || batch >= shape[0] || shape[1] < 1 || outputs.Data(_output).Length != shape[0] * shape[1])
        {
            throw new ModelFormatException(
                $"decoder 'embedding' expects [N, dimension]; the network returned [{string.Join(", ", shape.ToArray())}]");
        }

        int dimension = (int)shape[1];
        var features = outputs.Data(_output).Slice(batch * dimension, dimension);
        Finite.Check(features, _name);
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
