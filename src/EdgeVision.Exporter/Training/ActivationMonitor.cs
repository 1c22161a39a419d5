using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Layers;
using TorchSharp;

namespace EdgeVision.Exporter.Training;

/// <summary>Statistics of one layer's output over a batch.</summary>
/// <param name="Layer">Name of the layer.</param>
/// <param name="Mean">Mean of all values.</param>
/// <param name="StandardDeviation">Standard deviation of all values.</param>
/// <param name="DeadShare">Share of channels (axis 1) that are 0 everywhere.</param>
public sealed record ActivationRow(string Layer, double Mean, double StandardDeviation, double DeadShare);

/// <summary>Statistics of all layers.</summary>
/// <param name="Rows">One row per layer, in the order of execution.</param>
public sealed record ActivationReport(IReadOnlyList<ActivationRow> Rows)
{
    private const double MaxDeadShare = 0.5;
    private const double MinDeviation = 1e-6;

    /// <summary>Returns likely problems, one line each.</summary>
    public IEnumerable<string> GetWarnings()
    {
        foreach (var row in Rows)
        {
            if (!double.IsFinite(row.Mean) || !double.IsFinite(row.StandardDeviation))
            {
                yield return $"activations of {row.Layer} are not finite";
            }
            else if (row.StandardDeviation < MinDeviation)
            {
                yield return $"activations of {row.Layer} are constant: no information of the image passes through";
            }
            else if (row.DeadShare > MaxDeadShare)
            {
                yield return FormattableString.Invariant($"{row.DeadShare:P0} of the channels of {row.Layer} are dead (0 everywhere); ")
                    + "lower the learning rate or use a longer warm-up";
            }
        }
    }
}

/// <summary>Collects the outputs of activation layers while a net runs.</summary>
internal sealed class ActivationMonitor
{
    private readonly List<ActivationRow> _rows = [];
    private readonly Dictionary<string, int> _seen = [];

    public void Observe(string name, Layer layer, torch.Tensor output)
    {
        if (layer is not (Relu or Silu or Gelu or HardSwish) || output.dim() < 3)
        {
            return;
        }

        int count = _seen[name] = _seen.GetValueOrDefault(name) + 1;
        using var scope = torch.NewDisposeScope();
        long[] others = [.. Enumerable.Range(0, (int)output.dim()).Where(a => a != 1).Select(a => (long)a)];
        double dead = output.dim() == 4 ? (output.abs().amax(others) == 0).to_type(torch.ScalarType.Float32).mean().ToDouble() : 0;
        _rows.Add(new ActivationRow(count == 1 ? name : $"{name}#{count}", output.mean().ToDouble(), output.std().ToDouble(), dead));
    }

    public ActivationReport CreateReport() => new(_rows);
}
