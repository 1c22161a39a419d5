using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Losses;
using EdgeVision.Exporter.Training;
using TorchSharp;

namespace EdgeVision.Exporter.Tests;

/// <summary>Each loss and each mining against plain loops over the same vectors.</summary>
public class MetricLossTests
{
    private const double Margin = 0.2;
    private static readonly long[] Identities = [0, 0, 1, 1, 2, 2, 0];

    public MetricLossTests() => TorchSetup.Initialize(2);

    [Theory]
    [InlineData("hard")]
    [InlineData("semi-hard")]
    [InlineData("easy")]
    [InlineData("all")]
    public void TripletsAreThoseThatTheMiningNames(string mining)
    {
        using var scope = torch.NewDisposeScope();
        var (tensor, vectors) = Vectors();
        double[,] d = Distances(vectors);
        var terms = new List<double>();
        int n = vectors.Length;
        for (int a = 0; a < n; a++)
        {
            int[] equal = [.. Enumerable.Range(0, n).Where(i => i != a && Identities[i] == Identities[a])], other = [.. Enumerable.Range(0, n).Where(i => Identities[i] != Identities[a])];
            switch (mining)
            {
                case "hard":
                    terms.Add(Math.Max(0, equal.Max(p => d[a, p]) - other.Min(o => d[a, o]) + Margin));
                    break;
                case "easy":
                    terms.Add(Math.Max(0, equal.Min(p => d[a, p]) - other.Min(o => d[a, o]) + Margin));
                    break;
                case "all":
                    terms.AddRange(from p in equal from o in other let v = d[a, p] - d[a, o] + Margin where v > 0 select v);
                    break;
                default:
                    foreach (int p in equal)
                    {
                        double[] beyond = [.. other.Select(o => d[a, o]).Where(v => v > d[a, p])];
                        if (beyond.Length > 0 && d[a, p] - beyond.Min() + Margin > 0)
                        {
                            terms.Add(d[a, p] - beyond.Min() + Margin);
                        }
                    }

                    break;
            }
        }

        Assert.NotEmpty(terms);
        using var weights = new WeightStore(1);
        Assert.Equal(terms.Average(), new MetricLoss("triplet", mining, Margin, 1, 1).Compute(tensor, Identities, weights).ToDouble(), 1e-5);
    }

    [Fact]
    public void ContrastivePullsEqualPairsAndPushesOthersToTheMargin()
    {
        using var scope = torch.NewDisposeScope();
        var (tensor, vectors) = Vectors();
        double[,] d = Distances(vectors);
        var pairs = from a in Enumerable.Range(0, vectors.Length) from b in Enumerable.Range(0, vectors.Length) where a != b select (a, b);
        double pull = pairs.Where(p => Identities[p.a] == Identities[p.b]).Average(p => d[p.a, p.b] * d[p.a, p.b]);
        double push = pairs.Where(p => Identities[p.a] != Identities[p.b]).Average(p => Math.Pow(Math.Max(0, 1 - d[p.a, p.b]), 2));
        using var weights = new WeightStore(1);
        Assert.Equal(pull + push, new MetricLoss("contrastive", "hard", 1, 1, 1).Compute(tensor, Identities, weights).ToDouble(), 1e-4);
    }

    [Fact]
    public void ArcFaceWidensTheAngleToTheRightCentre()
    {
        using var scope = torch.NewDisposeScope();
        var (tensor, vectors) = Vectors();
        var loss = new MetricLoss("arcface", "hard", 0.3, 16, 3);
        using var weights = new WeightStore(1);
        loss.CreateWeights(weights, vectors[0].Length);
        float[] flat = OnnxNet.ToFloats(weights["loss.arcface.centres"]);
        double[][] centres = [.. flat.Chunk(vectors[0].Length).Select(c => Unit([.. c.Select(v => (double)v)]))];
        double expected = 0;
        for (int a = 0; a < vectors.Length; a++)
        {
            double[] logits = [.. centres.Select((c, k) =>
            {
                double cosine = c.Zip(vectors[a]).Sum(p => p.First * p.Second);
                return 16 * (k == Identities[a] ? Math.Cos(Math.Acos(cosine) + 0.3) : cosine);
            })];
            expected -= logits[Identities[a]] - Math.Log(logits.Sum(Math.Exp));
        }

        Assert.Equal(expected / vectors.Length, loss.Compute(tensor, Identities, weights).ToDouble(), 1e-4);
        Assert.Contains("identities", Assert.Throws<EdgeVisionException>(() => loss.Compute(tensor, [0, 0, 1, 1, 2, 2, 3], weights)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("triplet", "hard")]
    [InlineData("triplet", "semi-hard")]
    [InlineData("triplet", "easy")]
    [InlineData("triplet", "all")]
    [InlineData("contrastive", "hard")]
    [InlineData("arcface", "hard")]
    public void AFewStepsPutEqualOnesTogether(string kind, string mining)
    {
        using var scope = torch.NewDisposeScope();
        var loss = new MetricLoss(kind, mining, kind == "contrastive" ? 1 : 0.3, 16, 3);
        using var weights = new WeightStore(3);
        var free = weights.Add("free", new WeightSpec("", [7, 8], WeightInitializer.Normal(1)));
        loss.CreateWeights(weights, 8);
        using var optimizer = new AdamW(weights, weightDecay: 0);
        double first = 0, last = 0;
        for (int i = 0; i < 120; i++)
        {
            optimizer.ZeroGradients();
            var value = loss.Compute(torch.nn.functional.normalize(free, 2, 1), Identities, weights);
            value.backward();
            optimizer.Step(0.03);
            last = value.ToDouble();
            first = i == 0 ? last : first;
        }

        Assert.True(double.IsFinite(last) && (first == 0 || last < 0.3 * first), $"{first} to {last}");
    }

    [Fact]
    public void WithoutAPairThereIsNoLossAndNoNaN()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new WeightStore(1);
        var same = torch.nn.functional.normalize(torch.ones(3, 4), 2, 1);
        foreach (string mining in (string[])["hard", "semi-hard", "easy", "all"])
        {
            Assert.Equal(0, new MetricLoss("triplet", mining, Margin, 1, 1).Compute(same, [0, 1, 2], weights).ToDouble());
            Assert.Equal(0, new MetricLoss("triplet", mining, Margin, 1, 1).Compute(same, [5, 5, 5], weights).ToDouble());
        }
    }

    [Theory]
    [InlineData("loss", "hinge")]
    [InlineData("mining", "random")]
    [InlineData("margin", "-1")]
    [InlineData("scale", "much")]
    public void AnOptionThatThereIsNotIsRefused(string option, string value)
    {
        var settings = new ModelSettings { Options = new Dictionary<string, string> { [option] = value } };
        Assert.Contains(value, Assert.Throws<EdgeVisionException>(() => MetricLoss.Parse(settings)).Message, StringComparison.Ordinal);
    }

    private static (torch.Tensor Tensor, double[][] Vectors) Vectors()
    {
        var random = new Random(4);
        double[][] vectors = [.. Identities.Select(_ => Unit([.. Enumerable.Range(0, 5).Select(_ => random.NextDouble() - 0.35)]))];
        return (torch.tensor(vectors.SelectMany(v => v).Select(v => (float)v).ToArray(), vectors.Length, 5), vectors);
    }

    private static double[] Unit(double[] v)
    {
        double length = Math.Sqrt(v.Sum(x => x * x));
        return [.. v.Select(x => x / length)];
    }

    private static double[,] Distances(double[][] vectors)
    {
        var d = new double[vectors.Length, vectors.Length];
        for (int a = 0; a < vectors.Length; a++)
        {
            for (int b = 0; b < vectors.Length; b++)
            {
                d[a, b] = Math.Sqrt(vectors[a].Zip(vectors[b]).Sum(p => (p.First - p.Second) * (p.First - p.Second)));
            }
        }

        return d;
    }
}
