using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tests.Decoding.PlainDecoding;

namespace EdgeVision.Tests.Decoding;

/// <summary>FastestDet against its repository's post-processing written plainly.</summary>
public sealed class FastestDetDecoderTests
{
    [Fact]
    public void Equals_the_plain_formula() => Check(DecoderCase.Of("fastestdet"), run =>
    {
        var all = new List<Found>();
        for (int cell = 0; cell < 49; cell++)
        {
            float At(int k) => run.Data[0][k * 49 + cell];
            float[] classes = [At(5), At(6), At(7)];
            int best = ArgMax(classes);
            float score = MathF.Pow(At(0), 0.6f) * MathF.Pow(classes[best], 0.4f);
            float cx = (MathF.Tanh(At(1)) + cell % 7) / 7, cy = (MathF.Tanh(At(2)) + cell / 7) / 7, w = Sigmoid(At(3)), h = Sigmoid(At(4));
            if (score > run.Confidence)
            {
                all.Add(new Found((cx - w / 2) * 64, (cy - h / 2) * 64, (cx + w / 2) * 64, (cy + h / 2) * 64, score, best));
            }
        }

        return Nms(all, run);
    });
}
