using System.Globalization;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using TorchSharp;

namespace EdgeVision.Exporter.Losses;

/// <summary>Losses on unit vectors [N, D] with identities [N]: contrastive, triplet or arcface.</summary>
/// <param name="Kind">contrastive, triplet or arcface.</param>
/// <param name="Mining">
/// Mining of triplets: hard (farthest equal and nearest unequal of each anchor), semi-hard (each equal pair with the nearest
/// unequal beyond it, within the margin), easy (nearest equal, nearest unequal), all (every triplet that violates the margin,
/// averaged over those).
/// </param>
/// <param name="Margin">Margin as a distance (contrastive, triplet) or in radians (arcface).</param>
/// <param name="Scale">Scale of the cosines, for arcface.</param>
/// <param name="Identities">Number of trained identities, for arcface.</param>
/// <remarks>
/// contrastive (Hadsell et al. 2006): squared distance of equal pairs and squared shortfall below the margin of unequal ones,
/// each averaged over its pairs. triplet (Schroff et al. 2015, Hermans et al. 2017): max(0, d(a,p) - d(a,n) + margin) over
/// triplets selected by the mining. arcface (Deng et al. 2019): cross entropy over scaled cosines to trained class centers,
/// with the angle of the correct one increased by the margin.
/// </remarks>
public sealed record MetricLoss(string Kind, string Mining, double Margin, double Scale, int Identities)
{
    private const string CenterWeightName = "loss.arcface.centres";

    /// <summary>Parses the options loss, mining, margin, scale and identities.</summary>
    /// <exception cref="EdgeVisionException">An option has an invalid value.</exception>
    public static MetricLoss Parse(ModelSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        string kind = settings.GetOption("loss", "triplet"), mining = settings.GetOption("mining", "hard");
        if (kind is not ("contrastive" or "triplet" or "arcface"))
        {
            throw new EdgeVisionException($"Option 'loss' must be contrastive, triplet or arcface; got '{kind}'");
        }

        if (mining is not ("hard" or "semi-hard" or "easy" or "all"))
        {
            throw new EdgeVisionException($"Option 'mining' must be hard, semi-hard, easy or all; got '{mining}'");
        }

        double Number(string name, string fallback) =>
            double.TryParse(settings.GetOption(name, fallback), NumberStyles.Float, CultureInfo.InvariantCulture, out double v) && v > 0
            ? v
            : throw new EdgeVisionException($"Option '{name}' must be a number above 0; got '{settings.GetOption(name, fallback)}'");
        string margin = kind switch { "contrastive" => "1.0", "triplet" => "0.2", _ => "0.3" };
        return new MetricLoss(kind, mining, Number("margin", margin), Number("scale", "16"), (int)Number("identities", "1"));
    }

    /// <summary>Creates the class centers if the loss has any.</summary>
    public void CreateWeights(WeightStore weights, int dimension)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (Kind == "arcface")
        {
            weights.Add(CenterWeightName, new WeightSpec("", [Identities, dimension], WeightInitializer.Normal(0.05)));
        }
    }

    /// <summary>Computes the loss as a scalar; 0 with a gradient if there is no pair or triplet.</summary>
    public torch.Tensor Compute(torch.Tensor embeddings, long[] identities, WeightStore weights)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        ArgumentNullException.ThrowIfNull(identities);
        ArgumentNullException.ThrowIfNull(weights);
        if (Kind == "arcface")
        {
            return ArcFace(embeddings, identities, weights);
        }

        var ids = torch.tensor(identities);
        var equal = ids.unsqueeze(0) == ids.unsqueeze(1);
        var positive = equal & ~torch.eye(identities.Length, dtype: torch.ScalarType.Bool);
        var negative = ~equal;
        // Unit vectors: |a - b|^2 = 2 - 2ab. The lower bound keeps the gradient of the square root finite.
        var distance = (2 - 2 * embeddings.matmul(embeddings.t())).clamp(min: 1e-6).sqrt();
        return Kind == "contrastive" ? Contrastive(distance, positive, negative) : Triplet(distance, positive, negative);
    }

    private static torch.Tensor Mean(torch.Tensor values, torch.Tensor chosen) => (values * chosen).sum() / chosen.sum().clamp(min: 1);

    private torch.Tensor Contrastive(torch.Tensor distance, torch.Tensor positive, torch.Tensor negative) =>
        Mean(distance.square(), positive) + Mean((Margin - distance).clamp(min: 0).square(), negative);

    private torch.Tensor Triplet(torch.Tensor distance, torch.Tensor positive, torch.Tensor negative)
    {
        const float far = 1e6f;
        var hasBoth = positive.any(1) & negative.any(1);
        var nearestOther = distance.masked_fill(~negative, far).amin(1);
        switch (Mining)
        {
            case "hard":
            case "easy":
                var own = Mining == "hard" ? distance.masked_fill(~positive, -far).amax(1) : distance.masked_fill(~positive, far).amin(1);
                return Mean((own - nearestOther + Margin).clamp(min: 0).masked_fill(~hasBoth, 0), hasBoth);
            case "all":
                // [anchor, positive, negative]
                var violation = distance.unsqueeze(2) - distance.unsqueeze(1) + Margin;
                var counts = positive.unsqueeze(2) & negative.unsqueeze(1) & (violation > 0);
                return Mean(violation.masked_fill(~counts, 0), counts);
            default:
                // For each equal pair, the nearest unequal sample farther away than it; pairs without one within the margin are
                // not used.
                var beyond = negative.unsqueeze(1) & (distance.unsqueeze(1) > distance.unsqueeze(2));
                var other = distance.unsqueeze(1).expand(beyond.shape).masked_fill(~beyond, far).amin(2);
                var semi = (distance - other + Margin).clamp(min: 0);
                var used = positive & (semi > 0);
                return Mean(semi.masked_fill(~used, 0), used);
        }
    }

    private torch.Tensor ArcFace(torch.Tensor embeddings, long[] identities, WeightStore weights)
    {
        if (identities.Any(i => i >= Identities))
        {
            throw new EdgeVisionException($"Identity must be below {Identities} (option 'identities'); got {identities.Max()}");
        }

        var centres = torch.nn.functional.normalize(weights[CenterWeightName], 2, 1);
        var cosine = embeddings.matmul(centres.t()).clamp(-1 + 1e-6, 1 - 1e-6);
        var ids = torch.tensor(identities);
        var right = torch.nn.functional.one_hot(ids, Identities).to_type(torch.ScalarType.Bool);
        // cos(angle + margin) by the sum formula: without arc cosine, whose gradient is infinite at 1.
        var widened = cosine * Math.Cos(Margin) - (1 - cosine.square()).sqrt() * Math.Sin(Margin);
        // Beyond pi - margin the cosine would rise again; there a falling line is used (the authors' code).
        widened = torch.where(cosine > Math.Cos(Math.PI - Margin), widened, cosine - Math.Sin(Math.PI - Margin) * Margin);
        return torch.nn.functional.cross_entropy(torch.where(right, widened, cosine) * Scale, ids);
    }
}
