using System.Text.Json.Serialization;

namespace EdgeVision.Cli;

/// <summary>What a process of its own is asked to do.</summary>
internal enum ProfileTask
{
    /// <summary>Say what a model takes.</summary>
    Inspect,

    /// <summary>Measure its times.</summary>
    Measure,

    /// <summary>Measure its accuracy.</summary>
    Evaluate,

    /// <summary>Try a provider with a tiny network; there is no model.</summary>
    Probe,
}

/// <summary>A job for a process of its own.</summary>
/// <param name="Task">What to do.</param>
/// <param name="Request">The model, and how it is run.</param>
/// <param name="Options">How it is measured.</param>
internal sealed record ProfileJob(ProfileTask Task, ProfileRequest Request, ProfileOptions Options)
{
    /// <summary>Picture to show it; null for its own.</summary>
    public string? Picture { get; init; }

    /// <summary>Labelled pictures to evaluate it on.</summary>
    public string? Data { get; init; }

    /// <summary>Only the first so many of them.</summary>
    public int? Limit { get; init; }
}

/// <summary>What the process answers.</summary>
internal sealed record ProfileAnswer
{
    /// <summary>What the model takes.</summary>
    public ProfileModel? Model { get; init; }

    /// <summary>What was measured.</summary>
    public ProfileRow? Row { get; init; }

    /// <summary>The figure of accuracy.</summary>
    public ProfileMetric? Metric { get; init; }

    /// <summary>What came of trying a provider.</summary>
    public ProviderProbe? Probe { get; init; }

    /// <summary>Why there is none of these.</summary>
    public string? Error { get; init; }
}

/// <summary>A figure of accuracy.</summary>
/// <param name="Name">Such as mAP@.50:.95.</param>
/// <param name="Value">0..1.</param>
/// <param name="Source">The data that it was measured on.</param>
internal sealed record ProfileMetric(string Name, double Value, string Source);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ProfileJob))]
[JsonSerializable(typeof(ProfileAnswer))]
internal sealed partial class ProfileJobJson : JsonSerializerContext;
