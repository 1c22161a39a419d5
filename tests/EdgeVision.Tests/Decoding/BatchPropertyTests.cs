using CsCheck;
using EdgeVision.Decoding;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>In whatever order pictures lie in a batch, each gives what it gives alone.</summary>
public sealed class BatchPropertyTests
{
    public static TheoryData<string> Batched => [.. DecoderRegistry.Names.Where(n => !DecoderCase.Of(n).OneItem)];

    [Theory]
    [MemberData(nameof(Batched))]
    public void Decoding_follows_the_order_of_the_batch(string decoder)
    {
        var c = DecoderCase.Of(decoder);
        var alone = c.Create();
        var batched = DecoderCase.Create(c.Decoder, c.Spec, c.Options, [.. c.Outputs.Select(o => (o.Name, (long[])[-1, .. o.Shape[1..]]))]);
        Gen.Select(Gen.Int[0, 1000].Array[1, 4], Gen.Int[0, 3]).Sample((seeds, first) =>
        {
            var items = seeds.Select(c.Tensors).ToArray();
            var batch = new ArrayTensorSet([.. c.Outputs.Select((o, i) => (o.Name, (long[])[o.Shape[0] * items.Length, .. o.Shape[1..]],
                items.SelectMany((item, at) => item.GetData(i).ToArray().Select(v => c.SharesRows && o.Name == "items" ? v + at : v)).ToArray()))]);
            for (int k = 0; k < items.Length; k++)
            {
                int item = (first + k) % items.Length; // items are asked for in another order than they lie
                if (Show(alone, items[item], 0, c) != Show(batched, batch, item, c))
                {
                    return false;
                }
            }

            return true;
        }, iter: 15, threads: 1);
    }

    private static string Show(OutputDecoder decoder, TensorSet tensors, int item, DecoderCase c)
    {
        var result = new VisionResult();
        decoder.Decode(tensors, item, c.Transform, result);
        return DecoderCase.Show(result);
    }
}
