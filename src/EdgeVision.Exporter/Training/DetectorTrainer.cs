using System.Diagnostics;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Losses;
using TorchSharp;

namespace EdgeVision.Exporter.Training;

/// <summary>
/// Trains a detector. A run is decided by its settings: weights from the seed, the order of pictures from seed and epoch,
/// so that a run that resumes from a checkpoint goes on as if it had never stopped.
/// </summary>
public sealed class DetectorTrainer : IDisposable
{
    private readonly FpnDetector _architecture;
    private readonly AdamW _optimizer;
    private readonly List<EpochRow> _history = [];

    /// <summary>Starts a run, or goes on with <paramref name="resume"/>.</summary>
    /// <exception cref="InvalidDataException">The checkpoint is of another architecture.</exception>
    public DetectorTrainer(FpnDetector architecture, TrainSettings settings, Checkpoint? resume = null)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        _architecture = architecture;
        Settings = settings;
        Weights = CreateWeights(architecture, settings.Seed);
        _optimizer = new AdamW(Weights);
        if (resume is not null)
        {
            Weights.Load(resume.Tensors);
            _optimizer.Load(resume.Tensors, resume.Steps);
            _history.AddRange(resume.History);
        }
    }

    /// <summary>Settings of the run.</summary>
    public TrainSettings Settings { get; }

    /// <summary>The weights as they are now.</summary>
    public WeightStore Weights { get; }

    /// <summary>Finished epochs.</summary>
    public IReadOnlyList<EpochRow> History => _history;

    /// <summary>The run as it is now.</summary>
    public Checkpoint Snapshot()
    {
        var tensors = Weights.Snapshot();
        foreach (var (name, tensor) in _optimizer.Snapshot())
        {
            tensors[name] = tensor;
        }

        return new Checkpoint(_architecture.Name, Settings, [.. _history], tensors, _optimizer.Steps);
    }

    /// <summary>Weights of an architecture as they start.</summary>
    public static WeightStore CreateWeights(Architecture architecture, int seed)
    {
        var weights = new WeightStore(seed);
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var input = architecture.Spec.Input;
        architecture.Forward(new TorchNet(weights, training: false), TorchNet.Wrap(torch.zeros(1, 3, input.Height, input.Width)));
        return weights;
    }

    /// <summary>Trains the next epoch.</summary>
    /// <param name="set">Pictures to train on.</param>
    /// <param name="evaluate">Measures mAP at IoU 0.5 afterwards; null leaves it out.</param>
    /// <param name="progress">Called after each step with the steps done, the steps of an epoch and the loss.</param>
    public EpochRow RunEpoch(DetectionSet set, Func<WeightStore, double>? evaluate = null, Action<int, int, double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        var clock = Stopwatch.StartNew();
        int epoch = _history.Count;
        var order = Enumerable.Range(0, set.Count).ToArray();
        DrawnScenes.Source(Settings.Seed, -1 - epoch).Shuffle(order);
        int steps = Math.Max(1, set.Count / Settings.BatchSize);
        double classSum = 0, boxSum = 0;
        for (int step = 0; step < steps; step++)
        {
            var items = order.Skip(step * Settings.BatchSize).Take(Settings.BatchSize).Select(i => set[i]).ToArray();
            double rate = Settings.LearningRateAt((long)epoch * steps + step, (long)Settings.Epochs * steps);
            var (classLoss, boxLoss) = Step(items, rate);
            classSum += classLoss;
            boxSum += boxLoss;
            if (!double.IsFinite(classSum + boxSum))
            {
                throw new EdgeVisionException($"the loss is not finite at epoch {epoch + 1}, step {step + 1}; lower the learning rate");
            }

            progress?.Invoke(step + 1, steps, classLoss + boxLoss);
        }

        double? map = evaluate?.Invoke(Weights);
        var row = new EpochRow(epoch + 1, (classSum + boxSum) / steps, classSum / steps, boxSum / steps, map, clock.Elapsed.TotalSeconds);
        _history.Add(row);
        return row;
    }

    /// <summary>Pictures as the network's input [N,3,H,W]: bytes scaled and normalised as the spec says.</summary>
    public static torch.Tensor Batch(IReadOnlyList<DetectionSet.Sample> items, InputSpec input)
    {
        ArgumentNullException.ThrowIfNull(items);
        var bytes = new byte[items.Count * items[0].Planes.Length];
        for (int i = 0; i < items.Count; i++)
        {
            items[i].Planes.CopyTo(bytes, i * items[0].Planes.Length);
        }

        var pixels = torch.tensor(bytes, [items.Count, 3, input.Height, input.Width], dtype: torch.ScalarType.Byte).to_type(torch.ScalarType.Float32);
        return (pixels * input.Scale - torch.tensor(input.Mean, 1, input.Mean.Length, 1, 1)) / torch.tensor(input.Std, 1, input.Std.Length, 1, 1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        Weights.Dispose();
    }

    private (double Classes, double Boxes) Step(DetectionSet.Sample[] items, double rate)
    {
        using var scope = torch.NewDisposeScope();
        _optimizer.ZeroGradients();
        var outputs = _architecture.Forward(new TorchNet(Weights, training: true), TorchNet.Wrap(Batch(items, _architecture.Spec.Input)));
        var (classLoss, boxLoss) = DetectionLoss.Compute(TorchNet.Unwrap(outputs[0].Value), TorchNet.Unwrap(outputs[1].Value), items);
        (classLoss + boxLoss).backward();
        _optimizer.Step(rate);
        return (classLoss.ToDouble(), boxLoss.ToDouble());
    }
}
