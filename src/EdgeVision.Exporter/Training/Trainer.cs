using System.Diagnostics;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using TorchSharp;

namespace EdgeVision.Exporter.Training;

/// <summary>Trains any architecture.</summary>
/// <remarks>
/// A run is determined by its config: the seed decides the weights; seed and step decide the order of images, their
/// augmentation and all sampling, so that a resumed run continues exactly as if it had not been interrupted.
/// </remarks>
public sealed class Trainer : IDisposable
{
    private readonly AdamW _optimizer;
    private readonly ExponentialMovingAverage? _average;
    private readonly List<EpochResult> _history = [];
    private readonly DataLabels _labels;
    private readonly string _yaml;
    private Dictionary<string, double> _sums = [];
    private int _stepInEpoch;
    private double _secondsBefore;

    /// <summary>Starts a run, or continues <paramref name="resume"/>.</summary>
    /// <exception cref="InvalidDataException">The checkpoint belongs to another architecture.</exception>
    public Trainer(TrainConfig config, Architecture architecture, DataLabels labels, Checkpoint? resume = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(architecture);
        (Config, Architecture, _labels, _yaml) = (config, architecture, labels, config.ToYaml());
        var settings = config.Training;
        Weights = CreateWeights(architecture, settings.Seed);
        Balance = new LossBalancer(settings, Weights, [.. architecture.Heads.Select(h => h.Name)]);
        CreateLossWeights();
        _optimizer = new AdamW(Weights, settings.WeightDecay) { GetRateFactor = GetRateFactor };
        _average = settings.Ema > 0 ? new ExponentialMovingAverage(Weights, settings.Ema) : null;
        if (resume is not null)
        {
            Weights.Load(resume.Tensors);
            _optimizer.Load(resume.Tensors, resume.Progress.Steps);
            _average?.Load(resume.Tensors);
            _history.AddRange(resume.Progress.History);
            (_stepInEpoch, _sums, _secondsBefore) = (resume.Progress.StepInEpoch, new Dictionary<string, double>(resume.Progress.Sums),
                resume.Progress.Seconds);
        }
        else if (config.Transfer is { } transfer)
        {
            TransferResult = WeightTransfer.Load(Weights, transfer);
        }
    }

    /// <summary>Gets the config of the run.</summary>
    public TrainConfig Config { get; }

    /// <summary>Gets the trained architecture.</summary>
    public Architecture Architecture { get; }

    /// <summary>Gets the current weights.</summary>
    public WeightStore Weights { get; }

    /// <summary>Gets the balance of the heads' losses.</summary>
    public LossBalancer Balance { get; }

    /// <summary>Gets the report of a transfer; null if the run started from random weights.</summary>
    public TransferReport? TransferResult { get; }

    /// <summary>Gets the finished epochs.</summary>
    public IReadOnlyList<EpochResult> History => _history;

    /// <summary>Gets the number of steps taken.</summary>
    public long Steps => _optimizer.Steps;

    /// <summary>Called after each step: step of the epoch, steps of an epoch, losses of the step by name.</summary>
    public Action<int, int, IReadOnlyDictionary<string, double>>? OnStep { get; set; }

    /// <summary>Creates the initial weights of an architecture.</summary>
    public static WeightStore CreateWeights(Architecture architecture, int seed)
    {
        var weights = new WeightStore(seed);
        var input = architecture.Spec.Input;
        architecture.Forward(new WeightInitializationNet(weights), new Value(1, 3, input.Height, input.Width));
        return weights;
    }

    /// <summary>Returns a checkpoint of the current state.</summary>
    public Checkpoint Snapshot()
    {
        var tensors = Weights.Snapshot();
        foreach (var (name, tensor) in _optimizer.Snapshot().Concat(_average?.Snapshot() ?? []))
        {
            tensors[name] = tensor;
        }

        return new Checkpoint(_yaml, _labels, new RunProgress
        {
            Steps = _optimizer.Steps, History = [.. _history], StepInEpoch = _stepInEpoch, Sums = new Dictionary<string, double>(_sums),
            Seconds = _secondsBefore,
        }, tensors);
    }

    /// <summary>Trains the next epoch, or the rest of it, and measures the validation images.</summary>
    /// <param name="set">Training images.</param>
    /// <param name="validation">Validation images; not measured when null.</param>
    /// <param name="afterStep">Called after each step except the last, when a <see cref="Snapshot"/> may be taken.</param>
    /// <exception cref="EdgeVisionException">A loss is not finite.</exception>
    public EpochResult RunEpoch(TrainingSet set, TrainingSet? validation = null, Action? afterStep = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        var clock = Stopwatch.StartNew();
        double before = _secondsBefore;
        int epoch = _history.Count;
        var settings = Config.Training;
        int steps = set.GetStepCount(settings.Batch, settings.PerIdentity);
        var schedule = new LearningRateSchedule(settings, (long)settings.Epochs * steps);
        var frozen = GetFrozenStages(epoch + 1);
        foreach (string name in Weights.Names)
        {
            Weights.SetFrozen(name, frozen.Any(prefix => WeightStore.HasStagePrefix(name, prefix)));
        }

        Balance.BeginEpoch([.. _history.Select(r => r.Losses)]);
        double rate = 0;
        foreach (var items in set.GetBatches(epoch, settings.Batch, settings.PerIdentity, _stepInEpoch))
        {
            long step = (long)epoch * steps + _stepInEpoch;
            rate = schedule.GetRate(step);
            var losses = Step(items, rate, step, frozen);
            foreach (var (name, value) in losses)
            {
                if (!double.IsFinite(value))
                {
                    throw new EdgeVisionException(
                        $"Loss '{name}' is not finite at epoch {epoch + 1}, step {_stepInEpoch + 1}; lower the learning rate");
                }

                _sums[name] = _sums.GetValueOrDefault(name) + value;
            }

            _stepInEpoch++;
            _secondsBefore = before + clock.Elapsed.TotalSeconds;
            OnStep?.Invoke(_stepInEpoch, steps, losses);
            if (_stepInEpoch < steps)
            {
                afterStep?.Invoke();
            }
        }

        bool measure = validation is not null && ((epoch + 1) % settings.ValidateEvery == 0 || epoch + 1 == settings.Epochs);
        var row = new EpochResult
        {
            Epoch = epoch + 1,
            LearningRate = rate,
            Losses = _sums.ToDictionary(s => s.Key, s => s.Value / steps),
            HeadWeights = Balance.Heads.Zip(Balance.CurrentWeights).ToDictionary(p => p.First, p => p.Second),
            Metrics = measure ? Evaluate(validation!) : new Dictionary<string, double>(),
            Seconds = before + clock.Elapsed.TotalSeconds,
        };
        _history.Add(row);
        (_sums, _stepInEpoch, _secondsBefore) = ([], 0, 0);
        return row;
    }

    /// <summary>Measures images with TorchSharp and the runtime's decoders, with the averaged weights if available.</summary>
    public IReadOnlyDictionary<string, double> Evaluate(TrainingSet set)
    {
        using var averaged = _average?.UseAverages();
        return new TorchEvaluator(Architecture, Weights).Run(set);
    }

    /// <summary>Returns the network's results on images, for visual inspection.</summary>
    /// <param name="set">Images.</param>
    /// <param name="count">Number of images, from the first.</param>
    /// <param name="suppress">Whether overlapping detections are suppressed.</param>
    public IReadOnlyList<VisionResult> Predict(TrainingSet set, int count, bool suppress = true)
    {
        using var averaged = _average?.UseAverages();
        return new TorchEvaluator(Architecture, Weights).Predict(set, count, suppress);
    }

    /// <summary>Returns means and standard deviations of the activations of one batch, and warnings about them.</summary>
    public ActivationReport MeasureActivations(TrainingSet set)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var monitor = new ActivationMonitor();
        var items = Enumerable.Range(0, Math.Min(8, set.Count)).Select(i => set.GetSample(i, 0)).ToArray();
        Architecture.TrainingForward(new TorchNet(Weights, training: false) { Observer = monitor.Observe },
            TorchNet.Wrap(TrainingSet.ToTensor(items, Architecture.Spec.Input)));
        return monitor.CreateReport();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        _average?.Dispose();
        Weights.Dispose();
    }

    private Dictionary<string, double> Step(TrainingSample[] items, double rate, long step, IReadOnlyCollection<string> frozen)
    {
        using var scope = torch.NewDisposeScope();
        var random = DrawnScenes.CreateRandom(Config.Training.Seed + 17, unchecked((int)step));
        torch.random.manual_seed(random.NextInt64());
        _optimizer.ZeroGradients();
        var net = new TorchNet(Weights, training: true) { FrozenStages = frozen };
        var outputs = Architecture.TrainingForward(net, TorchNet.Wrap(TrainingSet.ToTensor(items, Architecture.Spec.Input)))
            .ToDictionary(o => o.Name, o => o.Value);
        var values = new Dictionary<string, double>();
        var totals = new List<torch.Tensor>();
        for (int h = 0; h < Architecture.Heads.Count; h++)
        {
            var head = Architecture.Heads[h];
            torch.Tensor? total = null;
            foreach (var (name, value) in head.ComputeLosses(new LossInputs(net, Weights, outputs, [.. items.Select(i => i.Targets[h])], random)))
            {
                var weighted = value * Config.Training.Losses.GetValueOrDefault($"{head.Name}.{name}", 1);
                total = total is null ? weighted : total + weighted;
                values[$"{head.Name}.{name}"] = value.ToDouble();
            }

            totals.Add(total!);
            values[head.Name] = total!.ToDouble();
        }

        var loss = Balance.Combine(totals);
        values["loss"] = loss.ToDouble();
        loss.backward();
        values["gradient"] = _optimizer.Step(rate, Config.Training.Clip);
        _average?.Update(_optimizer.Steps);
        return values;
    }

    // Weights of losses must exist before a checkpoint is loaded into them.
    private void CreateLossWeights()
    {
        foreach (var head in Architecture.Heads)
        {
            head.CreateWeights(Weights);
        }
    }

    private string[] GetFrozenStages(int epoch) => [.. Config.Training.UnfreezeAt.Where(u => epoch < u.Value).Select(u => u.Key)];

    private double GetRateFactor(string name)
    {
        double rate = 1;
        int longest = -1;
        foreach (var (prefix, factor) in Config.Training.Rates)
        {
            if (prefix.Length > longest && WeightStore.HasStagePrefix(name, prefix))
            {
                (rate, longest) = (factor, prefix.Length);
            }
        }

        return rate;
    }
}
