using System.Text.Json;
using EdgeVision.Exporter.Authoring;

namespace EdgeVision.Exporter.Training;

/// <summary>
/// Checkpoint of a training run: one safetensors file of weights, moments and averages with the run's config and progress.
/// </summary>
/// <param name="Config">The run's config as YAML.</param>
/// <param name="Labels">Labels of the data, so that a checkpoint can be read without its data.</param>
/// <param name="Progress">Progress of the run.</param>
/// <param name="Tensors">Weights, the optimizer's moments (<c>adam.…/</c>) and averaged weights (<c>ema/</c>).</param>
public sealed record Checkpoint(string Config, EdgeVision.Exporter.Data.DataLabels Labels, RunProgress Progress,
    IReadOnlyDictionary<string, SafeTensor> Tensors)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { IncludeFields = true };

    /// <summary>Writes the file completely or not at all.</summary>
    public void Save(string path) => SafeTensorsFile.Save(path, Tensors, new Dictionary<string, string>
    {
        ["format"] = "edgevision-checkpoint",
        ["config"] = Config,
        ["labels"] = JsonSerializer.Serialize(Labels, Json),
        ["progress"] = JsonSerializer.Serialize(Progress, Json),
    });

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">The file is not a checkpoint.</exception>
    public static Checkpoint Load(string path)
    {
        var (tensors, metadata) = SafeTensorsFile.Load(path);
        if (!metadata.TryGetValue("config", out var config) || !metadata.TryGetValue("progress", out var progress)
            || !metadata.TryGetValue("labels", out var labels))
        {
            throw new InvalidDataException($"'{path}' contains tensors but no training run; give a checkpoint written by 'train'");
        }

        try
        {
            return new Checkpoint(config, JsonSerializer.Deserialize<EdgeVision.Exporter.Data.DataLabels>(labels, Json)!,
                JsonSerializer.Deserialize<RunProgress>(progress, Json)!, tensors);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new InvalidDataException($"Cannot read the run's progress in '{path}': {e.Message}", e);
        }
    }

    /// <summary>Gets the weights of the model: the averaged ones if the run keeps an average.</summary>
    public IReadOnlyDictionary<string, SafeTensor> ModelWeights
    {
        get
        {
            var result = Tensors.Where(t => !t.Key.Contains('/', StringComparison.Ordinal)).ToDictionary();
            foreach (var (name, tensor) in Tensors.Where(t => t.Key.StartsWith("ema/", StringComparison.Ordinal)))
            {
                result[name["ema/".Length..]] = tensor;
            }

            return result;
        }
    }
}

/// <summary>Progress of a run: finished epochs, and the finished part of the next one.</summary>
public sealed record RunProgress
{
    /// <summary>Optimizer steps of all epochs.</summary>
    public long Steps { get; init; }

    /// <summary>Finished epochs.</summary>
    public IReadOnlyList<EpochResult> History { get; init; } = [];

    /// <summary>Finished steps of the current epoch.</summary>
    public int StepInEpoch { get; init; }

    /// <summary>Sums of the losses of those steps.</summary>
    public IReadOnlyDictionary<string, double> Sums { get; init; } = new Dictionary<string, double>();

    /// <summary>Seconds spent on those steps.</summary>
    public double Seconds { get; init; }
}

/// <summary>Results of an epoch.</summary>
public sealed record EpochResult
{
    /// <summary>Number of the epoch, from 1.</summary>
    public int Epoch { get; init; }

    /// <summary>Learning rate of the last step.</summary>
    public double LearningRate { get; init; }

    /// <summary>Mean losses: <c>loss</c> for the total, <c>detect</c> for a head, <c>detect.boxes</c> for its parts.</summary>
    public IReadOnlyDictionary<string, double> Losses { get; init; } = new Dictionary<string, double>();

    /// <summary>Weights of the heads at the end of the epoch.</summary>
    public IReadOnlyDictionary<string, double> HeadWeights { get; init; } = new Dictionary<string, double>();

    /// <summary>Metrics on the validation images, <c>detect.mAP@0.5</c> and so on; empty if not measured.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Duration in seconds, including validation.</summary>
    public double Seconds { get; init; }
}
