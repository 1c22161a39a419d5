using System.Text.Json.Serialization;
using EdgeVision.Inference.Providers;
using EdgeVision.Profiling;

namespace EdgeVision.Cli.Profiling;

/// <summary>Task of a worker process.</summary>
internal enum ProfileTask
{
    /// <summary>Inspect the inputs of a model.</summary>
    Inspect,

    /// <summary>Measure the times of a model.</summary>
    Measure,

    /// <summary>Measure the accuracy of a model.</summary>
    Evaluate,

    /// <summary>Test a provider with a tiny network; needs no model.</summary>
    Probe,
}

/// <summary>Job for a worker process.</summary>
/// <param name="Task">Task to perform.</param>
/// <param name="Request">Model and configuration.</param>
/// <param name="Options">Options of the measurement.</param>
internal sealed record ProfileJob(ProfileTask Task, ProfileRequest Request, ProfileOptions Options)
{
    /// <summary>Gets the image to run on; null for the model's own.</summary>
    public string? Picture { get; init; }

    /// <summary>Gets the data set of labelled images to evaluate on.</summary>
    public string? Data { get; init; }

    /// <summary>Gets the maximum number of images to evaluate; null for all.</summary>
    public int? Limit { get; init; }
}

/// <summary>Answer of a worker process.</summary>
internal sealed record ProfileAnswer
{
    /// <summary>Gets the inputs of the model.</summary>
    public ModelInputInfo? Model { get; init; }

    /// <summary>Gets the measured row.</summary>
    public ProfileRow? Row { get; init; }

    /// <summary>Gets the accuracy.</summary>
    public ProfileMetric? Metric { get; init; }

    /// <summary>Gets the result of testing a provider.</summary>
    public ProviderProbe? Probe { get; init; }

    /// <summary>Gets the error; null if the job succeeded.</summary>
    public string? Error { get; init; }
}

/// <summary>Accuracy of a model on a data set.</summary>
/// <param name="Name">Name of the metric, such as mAP@.50:.95.</param>
/// <param name="Value">Value, 0..1.</param>
/// <param name="Source">Data that it was measured on.</param>
internal sealed record ProfileMetric(string Name, double Value, string Source);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ProfileJob))]
[JsonSerializable(typeof(ProfileAnswer))]
internal sealed partial class ProfileJobJson : JsonSerializerContext;
