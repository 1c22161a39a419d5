using EdgeVision.Evaluation;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;
using TorchSharp;

namespace EdgeVision.Exporter.Heads;

/// <summary>Depth head: metres for each pixel, [N, 1, h, w], with the mean absolute difference of logarithms as loss.</summary>
/// <remarks>
/// With logarithms, errors at near and far distances have equal weight. Pixels of unknown distance are ignored.
/// </remarks>
public sealed class DepthHead(OutputSpec output) : Head
{
    /// <inheritdoc/>
    public override string Name => output.Head;

    /// <inheritdoc/>
    public override OutputSpec Output => output;

    /// <inheritdoc/>
    public override object CreateTarget(LabelledImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return image.Depth is null
            ? throw new EdgeVisionException($"Image '{image.Name}' must have distances to train on")
            : new DepthTarget(image.Depth, image.Width, image.Height);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, torch.Tensor Value)> ComputeLosses(LossInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var metres = inputs[output.Tensors![0]];
        int columns = (int)metres.shape[3], rows = (int)metres.shape[2];
        var wanted = new float[inputs.Targets.Count * rows * columns];
        int at = 0;
        foreach (var target in inputs.Targets.Cast<DepthTarget>())
        {
            // The pixel at the center of each cell: means would mix near and far along edges.
            for (int y = 0; y < rows; y++)
            {
                for (int x = 0; x < columns; x++)
                {
                    wanted[at++] = target.Metres[(2 * y + 1) * target.Height / (2 * rows) * target.Width + (2 * x + 1) * target.Width
                        / (2 * columns)];
                }
            }
        }

        var truth = torch.tensor(wanted, metres.shape);
        var known = truth > 0; // false for NaN
        var difference = (metres.clamp(min: 1e-3).log() - torch.where(known, truth, torch.ones_like(truth)).log()).abs() * known;
        return [("log", difference.sum() / known.sum().clamp(min: 1))];
    }

    /// <inheritdoc/>
    public override HeadEvaluator CreateEvaluator() => new Evaluator();

    private sealed record DepthTarget(float[] Metres, int Width, int Height);

    private sealed class Evaluator : HeadEvaluator
    {
        private readonly DepthError _error = new();
        private float[] _found = [];

        public override void Add(VisionResult result, LabelledImage groundTruth)
        {
            if (_found.Length != groundTruth.Depth!.Length)
            {
                _found = new float[groundTruth.Depth.Length];
            }

            for (int i = 0; i < _found.Length; i++)
            {
                _found[i] = result.Depth.GetDepthAt(i % groundTruth.Width, i / groundTruth.Width);
            }

            _error.Add(_found, groundTruth.Depth);
        }

        // The first metric decides and higher must be better, so delta1 (the share within 25 %) comes first.
        public override IReadOnlyList<(string Name, double Value)> GetMetrics() =>
            [("delta1", _error.Delta), ("rmse", _error.RootMeanSquare), ("absRel", _error.AbsoluteRelative)];
    }
}
