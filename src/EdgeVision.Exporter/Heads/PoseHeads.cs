using EdgeVision.Evaluation;
using EdgeVision.Evaluation.Coco;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;
using TorchSharp;

namespace EdgeVision.Exporter.Heads;

/// <summary>Pose head with heatmaps [N, K, h, w]: squared difference to a Gaussian around each labelled keypoint.</summary>
/// <remarks>
/// The Gaussian has a sigma of 2 cells. UDP scales its center by (size - 1) (Huang et al. 2020), plain and DARK by the stride;
/// both without rounding, as the refinements expect.
/// </remarks>
public sealed class HeatmapHead(OutputSpec output, IReadOnlyList<string> keypoints, InputSpec input, bool udp) : Head
{
    private const float Sigma = 2;
    private const int Stride = 4;
    private readonly int _columns = input.Width / Stride, _rows = input.Height / Stride;

    /// <inheritdoc/>
    public override string Name => output.Head;

    /// <inheritdoc/>
    public override OutputSpec Output => output;

    /// <inheritdoc/>
    public override object CreateTarget(LabelledImage image)
    {
        var points = PoseLabels.GetKeypoints(image, keypoints.Count);
        var maps = new float[keypoints.Count * _rows * _columns];
        var weights = new float[keypoints.Count];
        float scaleX = udp ? (_columns - 1f) / (input.Width - 1f) : 1f / Stride,
            scaleY = udp ? (_rows - 1f) / (input.Height - 1f) : 1f / Stride;
        for (int k = 0; k < points.Length; k++)
        {
            if (points[k].Visibility == 0)
            {
                continue;
            }

            weights[k] = 1;
            float cx = points[k].X * scaleX, cy = points[k].Y * scaleY;
            for (int y = 0; y < _rows; y++)
            {
                for (int x = 0; x < _columns; x++)
                {
                    float d = (x - cx) * (x - cx) + (y - cy) * (y - cy);
                    maps[(k * _rows + y) * _columns + x] = d > 9 * Sigma * Sigma ? 0 : MathF.Exp(-d / (2 * Sigma * Sigma));
                }
            }
        }

        return new HeatmapTarget(maps, weights);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, torch.Tensor Value)> ComputeLosses(LossInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var predicted = inputs[output.Tensors![0]];
        var targets = inputs.Targets.Cast<HeatmapTarget>().ToArray();
        var wanted = torch.tensor(targets.SelectMany(t => t.Maps).ToArray(), predicted.shape);
        var weights = torch.tensor(targets.SelectMany(t => t.Weights).ToArray(), targets.Length, keypoints.Count, 1, 1);
        // The factor is about the cells of a map per cell of a Gaussian, so that the loss is about 1 at the start for every
        // size.
        return [("heatmap", ((predicted - wanted).square() * weights).mean() * 50)];
    }

    /// <inheritdoc/>
    public override HeadEvaluator CreateEvaluator() => new PoseEvaluator(keypoints.Count);

    private sealed record HeatmapTarget(float[] Maps, float[] Weights);
}

/// <summary>Pose head with keypoints as classes of columns and rows (SimCC, Li et al. 2022).</summary>
/// <remarks>The loss is the Kullback-Leibler divergence to a Gaussian over the bins around each labelled keypoint.</remarks>
public sealed class SimccHead(OutputSpec output, IReadOnlyList<string> keypoints, InputSpec input) : Head
{
    /// <summary>Standard deviation of the targets, in bins.</summary>
    public const float Sigma = 4;

    private const int Split = EdgeVision.Exporter.Architectures.SimccPose.SplitRatio;

    /// <inheritdoc/>
    public override string Name => output.Head;

    /// <inheritdoc/>
    public override OutputSpec Output => output;

    /// <inheritdoc/>
    public override object CreateTarget(LabelledImage image)
    {
        var points = PoseLabels.GetKeypoints(image, keypoints.Count);
        return new SimccTarget(
            [.. points.SelectMany(p => Bins(p.X * Split, input.Width * Split))],
            [.. points.SelectMany(p => Bins(p.Y * Split, input.Height * Split))],
            [.. points.Select(p => p.Visibility > 0 ? 1f : 0f)]);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, torch.Tensor Value)> ComputeLosses(LossInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var targets = inputs.Targets.Cast<SimccTarget>().ToArray();
        var weights = torch.tensor(targets.SelectMany(t => t.Weights).ToArray(), targets.Length, keypoints.Count);
        torch.Tensor Divergence(string name, IEnumerable<float> wanted)
        {
            var logits = inputs[name];
            var p = torch.tensor(wanted.ToArray(), logits.shape);
            var each = (p * p.clamp(min: 1e-12).log() - p * torch.nn.functional.log_softmax(logits, 2)).sum(2);
            return (each * weights).sum() / weights.sum().clamp(min: 1);
        }

        return [("x", Divergence(output.Tensors![0], targets.SelectMany(t => t.X))),
            ("y", Divergence(output.Tensors[1], targets.SelectMany(t => t.Y)))];
    }

    /// <inheritdoc/>
    public override HeadEvaluator CreateEvaluator() => new PoseEvaluator(keypoints.Count);

    private static float[] Bins(float centre, int count)
    {
        var bins = new float[count];
        float sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += bins[i] = MathF.Exp(-(i - centre) * (i - centre) / (2 * Sigma * Sigma));
        }

        for (int i = 0; i < count && sum > 0; i++)
        {
            bins[i] /= sum;
        }

        return bins;
    }

    private sealed record SimccTarget(float[] X, float[] Y, float[] Weights);
}

/// <summary>Reads the keypoints of the single figure in the input of a pose network.</summary>
internal static class PoseLabels
{
    public static LabelledKeypoint[] GetKeypoints(LabelledImage picture, int keypoints)
    {
        var points = picture.Objects.Count > 0 ? picture.Objects[0].Keypoints : [];
        return points.Length == keypoints
            ? points
            : throw new EdgeVisionException($"First object of image '{picture.Name}' must have {keypoints} keypoints; got {points.Length}");
    }
}

/// <summary>Computes PCK and OKS-AP of keypoints.</summary>
/// <remarks>
/// PCK is the share of labelled keypoints within a tenth, and a twentieth, of the longer side of the figure's box; OKS-AP uses
/// uniform sigmas.
/// </remarks>
internal sealed class PoseEvaluator(int keypoints) : HeadEvaluator
{
    private readonly KeypointAccuracy _accuracy = new(keypoints, 0.1, 0.05);
    private readonly CocoEvaluator _oks = new(CocoIouType.Keypoints, 1, new CocoOptions { Sigmas = CocoOptions.UniformSigmas(keypoints) });

    public override void Add(VisionResult result, LabelledImage groundTruth)
    {
        var labelled = groundTruth.Objects[0];
        CocoKeypoint[] points = [.. labelled.Keypoints.Select(p => new CocoKeypoint(p.X, p.Y, p.Visibility))];
        var found = result.Detections.Count > 0 ? result.Detections.GetKeypoints(0) : [];
        _accuracy.Add(found, points, labelled.Box);
        _oks.AddImage([new CocoAnnotation(0, labelled.Box) { Keypoints = points }], result.Detections);
    }

    public override IReadOnlyList<(string Name, double Value)> GetMetrics() =>
        [("PCK@0.1", _accuracy.At(0.1)), ("PCK@0.05", _accuracy.At(0.05)), ("OKS-AP", _oks.Summarize().Map),
            ("meanDistance", _accuracy.MeanDistance)];
}
