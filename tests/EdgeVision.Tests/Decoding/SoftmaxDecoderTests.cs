using EdgeVision.Decoding;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>Classification and embedding.</summary>
public sealed class SoftmaxDecoderTests
{
    [Fact]
    public void Large_logits_do_not_overflow_and_ties_keep_the_lower_class()
    {
        var result = Run("softmax", """{"top": 3}""", [1000, 1001, 1000, -1000, 990]);
        float e = MathF.Exp(-1), total = 1 + 2 * e + MathF.Exp(-11);
        Assert.Equal([1, 0, 2], result.Classification.ClassIds.ToArray());
        Assert.Equal(1 / total, result.Classification.Scores[0], 1e-6f);
        Assert.Equal(e / total, result.Classification.Scores[2], 1e-6f);
    }

    [Fact]
    public void Probabilities_are_taken_as_they_are()
    {
        var result = Run("softmax", """{"applied": true}""", [0.1f, 0.6f, 0.3f]);
        Assert.Equal([1, 2, 0], result.Classification.ClassIds.ToArray());
        Assert.Equal([0.6f, 0.3f, 0.1f], result.Classification.Scores.ToArray());
    }

    [Fact]
    public void Embeddings_have_unit_length_unless_told_otherwise()
    {
        Assert.Equal([0.6f, -0.8f], Run("embedding", "{}", [3, -4]).Embedding.Values.ToArray());
        Assert.Equal([3f, -4f], Run("embedding", """{"normalize": false}""", [3, -4]).Embedding.Values.ToArray());
        Assert.Equal([0f, 0f], Run("embedding", "{}", [0, 0]).Embedding.Values.ToArray()); // nothing to divide by
    }

    private static VisionResult Run(string decoder, string parameters, float[] values)
    {
        long[] shape = [1, values.Length];
        var result = new VisionResult();
        DecoderCase.Create(decoder, DecoderCase.SpecOf(8, 8, [], parameters), new DecoderOptions(0.5f, 0.5f, 10, false), ("x", shape))
            .Decode(new ArrayTensorSet(("x", shape, values)), 0, FrameTransform.Identity(8, 8), result);
        return result;
    }
}
