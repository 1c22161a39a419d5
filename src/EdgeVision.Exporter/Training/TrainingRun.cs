using System.Diagnostics;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Reports;

namespace EdgeVision.Exporter.Training;

/// <summary>Receives messages and progress of a run.</summary>
public interface IRunListener
{
    /// <summary>Receives an informational message.</summary>
    void Info(string line);

    /// <summary>Receives a warning about the data or the network; training continues.</summary>
    void Warn(string line);

    /// <summary>Receives the progress of loading or drawing images.</summary>
    void ReportLoading(string what, int done, int count);

    /// <summary>Receives the end of a step.</summary>
    void ReportStep(int epoch, int epochs, int done, int steps, double loss);

    /// <summary>Receives the end of an epoch.</summary>
    void ReportEpoch(EpochResult row);
}

/// <summary>Training run from a config to its folder: data, epochs, checkpoints, logs and plots.</summary>
public sealed class TrainingRun
{
    private readonly TrainConfig _config;
    private readonly string _folder;
    private readonly IRunListener _listener;

    /// <summary>Creates a run; nothing is written yet.</summary>
    public TrainingRun(TrainConfig config, string folder, IRunListener listener)
    {
        ArgumentNullException.ThrowIfNull(config);
        (_config, _folder, _listener) = (config, folder, listener);
    }

    /// <summary>Trains until the config's last epoch; with <paramref name="resume"/> from the checkpoint in the folder.</summary>
    /// <returns>The finished epochs.</returns>
    /// <exception cref="EdgeVisionException">The config does not fit, there is nothing to resume, or training fails.</exception>
    public IReadOnlyList<EpochResult> Start(bool resume, int stopAfterEpoch = int.MaxValue, CancellationToken cancellationToken = default)
    {
        using var folder = new RunFolder(_folder);
        var checkpoint = resume ? LoadCheckpoint(folder) : null;
        var (architecture, source) = Open(_config);
        using var trainer = new Trainer(_config, architecture, source.Labels, checkpoint);
        if (trainer.TransferResult is { } report)
        {
            _listener.Info($"transfer: {report}");
        }

        var training = Load(source, architecture, _config.Augment, "training images");
        var validation = _config.Data.Validation is { } v
            ? Load(OpenSource(v, architecture), architecture, null, "validation images")
            : null;
        Begin(folder, trainer, training, checkpoint);
        var sinceCheckpoint = Stopwatch.StartNew();
        while (trainer.History.Count < Math.Min(_config.Training.Epochs, stopAfterEpoch))
        {
            int epoch = trainer.History.Count + 1;
            trainer.OnStep = (done, steps, losses) =>
            {
                folder.WriteStep(trainer.Steps, losses);
                _listener.ReportStep(epoch, _config.Training.Epochs, done, steps, losses["loss"]);
            };
            var row = trainer.RunEpoch(training, validation, () =>
            {
                if (sinceCheckpoint.Elapsed.TotalSeconds >= _config.Training.CheckpointSeconds || cancellationToken.IsCancellationRequested)
                {
                    folder.Flush();
                    trainer.Snapshot().Save(folder.CheckpointPath);
                    sinceCheckpoint.Restart();
                    cancellationToken.ThrowIfCancellationRequested();
                }
            });
            folder.Flush();
            trainer.Snapshot().Save(folder.CheckpointPath);
            folder.WriteEpochs(trainer.History);
            ReportActivations(folder, trainer, training);
            _listener.ReportEpoch(row);
            CurvePlots.Save(folder.GetPath("curves.png"), _config.Name, trainer.History);
        }

        TrainingImages.SaveResults(folder.GetPath("results.png"), trainer, validation ?? training);
        return trainer.History;
    }

    /// <summary>Creates the architecture of a config with its data's labels, and opens its training images.</summary>
    public static (Architecture Architecture, LabelledImageSource Source) Open(TrainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        // Drawn images have the size of the input, which an architecture may choose itself.
        var sized = ArchitectureCatalog.Create(config.Architecture,
            config.Model.ToSettings(config.Name, new DataLabels()) with { Labels = null }).Spec.Input;
        var source = config.Data.Train!.Open(sized.Width, sized.Height);
        return (ArchitectureCatalog.Create(config.Architecture, config.Model.ToSettings(config.Name, source.Labels)), source);
    }

    /// <summary>Opens another set of images for the same network.</summary>
    public static LabelledImageSource OpenSource(SourceConfig config, Architecture architecture)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(architecture);
        return config.Open(architecture.Spec.Input.Width, architecture.Spec.Input.Height);
    }

    private Checkpoint LoadCheckpoint(RunFolder folder)
    {
        var checkpoint = File.Exists(folder.CheckpointPath)
            ? Checkpoint.Load(folder.CheckpointPath)
            : throw new EdgeVisionException($"Checkpoint '{folder.CheckpointPath}' to resume from does not exist");
        // Epochs may be added, which changes the schedule from here on; all other settings determine the training so far.
        var before = TrainConfig.Parse(checkpoint.Config, folder.CheckpointPath);
        string Same(TrainConfig c) =>
            (c with { Training = c.Training with { Epochs = 1, CheckpointSeconds = 0 }, About = "", Data = c.Data with { About = "" } })
                .ToYaml();
        return Same(before) == Same(_config)
            ? checkpoint
            : throw new EdgeVisionException($"'{folder.CheckpointPath}' was created with another config, see '{folder.GetPath("config.yaml")}'; "
                + "only the number of epochs may change");
    }

    private TrainingSet Load(LabelledImageSource source, Architecture architecture, Augmentation? augmentation, string what)
    {
        var set = new TrainingSet(source, architecture, augmentation, _config.Training.Seed,
            done => _listener.ReportLoading(what, done, source.Count));
        foreach (string problem in source.Problems.Take(5))
        {
            _listener.Warn(problem);
        }

        return set;
    }

    private void Begin(RunFolder folder, Trainer trainer, TrainingSet training, Checkpoint? checkpoint)
    {
        long parameters = trainer.Weights.ParameterCount;
        var settings = _config.Training;
        _listener.Info(FormattableString.Invariant($"{_config.Name}: {_config.Architecture}, {parameters:N0} parameters, ")
            + FormattableString.Invariant($"{training.Source.Description}, {settings.Epochs} epochs, seed {settings.Seed}"));
        if (checkpoint is null)
        {
            folder.Begin(_config);
            TrainingImages.SaveSamples(folder.GetPath("samples.png"), training, trainer.Architecture);
        }
        else
        {
            folder.Resume(checkpoint.Progress.Steps);
            _listener.Info(
                FormattableString.Invariant(
                    $"resumed after epoch {trainer.History.Count} and step {checkpoint.Progress.StepInEpoch} of the next epoch"));
        }

        var some = Enumerable.Range(0, Math.Min(200, training.Count)).Select(training.GetImage).ToArray();
        foreach (string warning in trainer.Architecture.Heads.SelectMany(h => h.Inspect(some)))
        {
            _listener.Warn(warning);
        }
    }

    private void ReportActivations(RunFolder folder, Trainer trainer, TrainingSet training)
    {
        var report = trainer.MeasureActivations(training);
        folder.WriteActivations(report);
        foreach (string warning in report.GetWarnings())
        {
            _listener.Warn($"epoch {trainer.History.Count}: {warning}");
        }
    }
}
