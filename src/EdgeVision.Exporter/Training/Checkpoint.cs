using System.Globalization;
using System.Text.Json;
using EdgeVision.Exporter.Authoring;

namespace EdgeVision.Exporter.Training;

/// <summary>What a training run needs to go on: one safetensors file of weights, moments and the run's settings and history.</summary>
/// <param name="Architecture">Architecture's name.</param>
/// <param name="Settings">Settings of the run.</param>
/// <param name="History">One row a finished epoch.</param>
/// <param name="Tensors">Weights and the optimizer's moments.</param>
/// <param name="Steps">Steps the optimizer took.</param>
public sealed record Checkpoint(string Architecture, TrainSettings Settings, IReadOnlyList<EpochRow> History,
    IReadOnlyDictionary<string, SafeTensor> Tensors, long Steps)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Writes the file whole or not at all.</summary>
    public void Save(string path) => SafeTensors.Save(path, Tensors, new Dictionary<string, string>
    {
        ["format"] = "edgevision-checkpoint",
        ["architecture"] = Architecture,
        ["settings"] = JsonSerializer.Serialize(Settings, Json),
        ["history"] = JsonSerializer.Serialize(History, Json),
        ["steps"] = Steps.ToString(CultureInfo.InvariantCulture),
    });

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">The file is no checkpoint.</exception>
    public static Checkpoint Load(string path)
    {
        var (tensors, metadata) = SafeTensors.Load(path);
        if (!metadata.TryGetValue("architecture", out var architecture) || !metadata.TryGetValue("settings", out var settings)
            || !metadata.TryGetValue("history", out var history) || !metadata.TryGetValue("steps", out var steps))
        {
            throw new InvalidDataException($"{path} holds tensors, yet no training run; give a checkpoint that 'train' wrote");
        }

        try
        {
            return new Checkpoint(architecture, JsonSerializer.Deserialize<TrainSettings>(settings, Json)!,
                JsonSerializer.Deserialize<EpochRow[]>(history, Json)!, tensors, long.Parse(steps, CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new InvalidDataException($"{path}: the run's settings cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>Settings of a training run; a run that resumes must have the same.</summary>
public sealed record TrainSettings
{
    /// <summary>Passes over the data.</summary>
    public int Epochs { get; init; } = 6;

    /// <summary>Pictures to train on.</summary>
    public int Samples { get; init; } = 5000;

    /// <summary>Pictures held out.</summary>
    public int HeldOut { get; init; } = 200;

    /// <summary>Pictures a step.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Seed of weights, order and pictures.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Highest learning rate.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Share of all steps over which the learning rate rises from 0.</summary>
    public double WarmUp { get; init; } = 0.05;

    /// <summary>Learning rate of a step: linear rise, then half a cosine to 1 % of the highest.</summary>
    public double LearningRateAt(long step, long total)
    {
        double rise = Math.Max(1, WarmUp * total);
        if (step < rise)
        {
            return LearningRate * (step + 1) / rise;
        }

        double part = Math.Min(1, (step - rise) / Math.Max(1, total - rise));
        return LearningRate * (0.01 + 0.99 * 0.5 * (1 + Math.Cos(Math.PI * part)));
    }
}

/// <summary>What an epoch came to.</summary>
/// <param name="Epoch">Number from 1.</param>
/// <param name="Loss">Mean loss.</param>
/// <param name="ClassLoss">Mean focal loss.</param>
/// <param name="BoxLoss">Mean box loss.</param>
/// <param name="Map50">mAP at IoU 0.5 on the held-out pictures, or null where not measured.</param>
/// <param name="Seconds">Wall-clock seconds.</param>
public sealed record EpochRow(int Epoch, double Loss, double ClassLoss, double BoxLoss, double? Map50, double Seconds);
