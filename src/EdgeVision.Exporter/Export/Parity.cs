using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using Microsoft.ML.OnnxRuntime;
using TorchSharp;

namespace EdgeVision.Exporter.Export;

/// <summary>Difference between ONNX Runtime and TorchSharp on the same inputs.</summary>
/// <param name="MaxAbsolute">Maximum difference of all output elements.</param>
/// <param name="MaxRelative">Maximum difference relative to the range (max - min) of its output.</param>
public sealed record Parity(double MaxAbsolute, double MaxRelative)
{
    /// <summary>Maximum <see cref="MaxRelative"/> of a valid export.</summary>
    public const double Limit = 1e-4;

    /// <summary>Runs both on each input [N,3,H,W] and compares every output.</summary>
    public static Parity Measure(Architecture architecture, WeightStore weights, byte[] model, IEnumerable<torch.Tensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(inputs);
        return Measure(model, inputs.Select(x => new[] { x }), (net, values) => architecture.Forward(net, values[0]), weights,
            architecture.RowOutputs);
    }

    internal static Parity Measure(byte[] model, IEnumerable<torch.Tensor[]> inputs,
        Func<Net, Value[], IReadOnlyList<(string Name, Value Value)>> forward, WeightStore weights,
        IReadOnlyList<string>? rowOutputs = null)
    {
        using var options = new SessionOptions { IntraOpNumThreads = Math.Min(2, Environment.ProcessorCount) };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"); // the cores are shared with torch's threads
        using var session = new InferenceSession(model, options);
        using var runOptions = new RunOptions();
        double absolute = 0, relative = 0;
        foreach (var batch in inputs)
        {
            using var scope = torch.NewDisposeScope();
            using var noGradient = torch.no_grad();
            var expected = forward(new TorchNet(weights, training: false), [.. batch.Select(TorchNet.Wrap)]);
            var values = batch.Select(x => OrtValue.CreateTensorValueFromMemory(OnnxNet.ToFloats(x), x.shape)).ToArray();
            try
            {
                using var actual = session.Run(runOptions, [.. session.InputNames], values, [.. expected.Select(e => e.Name)]);
                var order = RowOrder(expected, [.. actual], rowOutputs ?? []);
                for (int o = 0; o < expected.Count; o++)
                {
                    var (a, r) = Compare(expected[o].Name, TorchNet.Unwrap(expected[o].Value), actual[o],
                        rowOutputs?.Contains(expected[o].Name) == true ? order : null);
                    absolute = Math.Max(absolute, a);
                    relative = Math.Max(relative, r);
                }
            }
            finally
            {
                foreach (var value in values)
                {
                    value.Dispose();
                }
            }
        }

        return new Parity(absolute, relative);
    }

    /// <summary>Throws if the difference is above <see cref="Limit"/>.</summary>
    /// <exception cref="EdgeVisionException">The graph does not compute what TorchSharp computes.</exception>
    public void ThrowIfAboveLimit()
    {
        if (!(MaxRelative <= Limit))
        {
            throw new EdgeVisionException("Difference between the exported graph and TorchSharp must be at most "
                + FormattableString.Invariant($"{Limit:E0} of the output's range; got {MaxRelative:E2}"));
        }
    }

    // Row of the actual outputs for each row of the expected ones. Rows whose scores differ by rounding may have changed
    // places, so each expected row takes the nearest remaining one; all outputs are then compared in that order.
    private static int[] RowOrder(IReadOnlyList<(string Name, Value Value)> expected, OrtValue[] actual, IReadOnlyList<string> rowOutputs)
    {
        var outputs = Enumerable.Range(0, expected.Count).Where(o => rowOutputs.Contains(expected[o].Name)).ToArray();
        if (outputs.Length == 0)
        {
            return [];
        }

        var wanted = outputs.Select(o => OnnxNet.ToFloats(TorchNet.Unwrap(expected[o].Value))).ToArray();
        var given = outputs.Select(o => actual[o].GetTensorDataAsSpan<float>().ToArray()).ToArray();
        long rows = expected[outputs[0]].Value.Size(0), found = actual[outputs[0]].GetTensorTypeAndShape().Shape[0];
        if (rows != found)
        {
            throw new EdgeVisionException(
                $"Output '{expected[outputs[0]].Name}' has {rows} rows in TorchSharp, but {found} in ONNX Runtime");
        }

        double[] ranges = [.. wanted.Select(w => w.Length == 0 ? 1 : Math.Max((double)w.Max() - w.Min(), 1e-12))];
        var left = Enumerable.Range(0, (int)rows).ToList();
        var order = new int[rows];
        for (int r = 0; r < rows; r++)
        {
            double Distance(int other)
            {
                double most = 0;
                for (int o = 0; o < wanted.Length; o++)
                {
                    int width = wanted[o].Length / (int)rows;
                    for (int i = 0; i < width; i++)
                    {
                        most = Math.Max(most, Math.Abs((double)wanted[o][r * width + i] - given[o][other * width + i]) / ranges[o]);
                    }
                }

                return most;
            }

            order[r] = left.MinBy(Distance);
            left.Remove(order[r]);
        }

        return order;
    }

    private static (double Absolute, double Relative) Compare(string name, torch.Tensor expected, OrtValue actual, int[]? order)
    {
        long[] shape = actual.GetTensorTypeAndShape().Shape;
        if (!shape.AsSpan().SequenceEqual(expected.shape))
        {
            throw new EdgeVisionException(
                $"Output '{name}' has shape {Value.FormatShape(expected.shape)} in TorchSharp, but {Value.FormatShape(shape)} in ONNX Runtime");
        }

        var a = OnnxNet.ToFloats(expected);
        if (a.Length == 0)
        {
            return (0, 0);
        }

        var b = actual.GetTensorDataAsSpan<float>();
        int width = order is null ? 0 : a.Length / order.Length;
        double difference = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double d = Math.Abs((double)a[i] - b[order is null ? i : order[i / width] * width + i % width]);
            difference = double.IsNaN(d) ? double.PositiveInfinity : Math.Max(difference, d);
        }

        double range = (double)a.Max() - a.Min();
        return (difference, difference == 0 ? 0 : difference / Math.Max(range, 1e-12));
    }
}
