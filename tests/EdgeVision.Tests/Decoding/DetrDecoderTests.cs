using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tests.Decoding.PlainDecoding;

namespace EdgeVision.Tests.Decoding;

/// <summary>DETR and RT-DETR against their post-processing written plainly.</summary>
public sealed class DetrDecoderTests
{
    [Fact]
    public void Detr_takes_the_best_class_that_is_an_object() => Check(DecoderCase.Of("detr"), run =>
        from q in Enumerable.Range(0, 20)
        let p = Softmax(run.Data[0][(q * 4)..(q * 4 + 4)])[..3] // the last is no object
        let k = ArgMax(p)
        where p[k] > run.Confidence
        orderby p[k] descending
        select Box(run.Data[1], q * 4, p[k], k), suppresses: false);

    [Theory]
    [InlineData(300)]
    [InlineData(7)]
    public void RtDetr_takes_the_best_of_all_queries_and_classes(int topK)
    {
        var c = DecoderCase.Of("rt-detr");
        c.Spec.Outputs[0].Parameters["topk"] = System.Text.Json.JsonSerializer.SerializeToElement(topK);
        Check(c, run => Enumerable.Range(0, 60)
            .OrderByDescending(i => Sigmoid(run.Data[0][i])).Take(topK)
            .Where(i => Sigmoid(run.Data[0][i]) > run.Confidence)
            .Select(i => Box(run.Data[1], i / 3 * 4, Sigmoid(run.Data[0][i]), i % 3)), suppresses: false);
    }

    [Fact]
    public void RtDetr_in_one_output_gives_one_class_a_query()
    {
        var c = new DecoderCase
        {
            Decoder = "rt-detr", Spec = DecoderCase.SpecOf(64, 64, ["a", "b", "c"]), Outputs = [("rows", [1, 20, 7], (r, _) => r.NextSingle())],
        };
        Check(c, run =>
            from q in Enumerable.Range(0, 20)
            let scores = run.Data[0][(q * 7 + 4)..(q * 7 + 7)]
            let k = ArgMax(scores)
            where scores[k] > run.Confidence
            orderby scores[k] descending
            select Box(run.Data[0], q * 7, scores[k], k), suppresses: false);
    }

    private static Found Box(float[] data, int at, float score, int k)
    {
        float cx = data[at], cy = data[at + 1], w = data[at + 2], h = data[at + 3];
        return new Found((cx - w / 2) * 64, (cy - h / 2) * 64, (cx + w / 2) * 64, (cy + h / 2) * 64, score, k);
    }
}
