using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision.Specs;

/// <summary>Origin and measured metrics of a model.</summary>
public sealed record ProvenanceSpec
{
    /// <summary>Architecture's name.</summary>
    public string? Architecture { get; set; }

    /// <summary>Training data.</summary>
    public string? TrainedOn { get; set; }

    /// <summary>Metrics by name.</summary>
    public Dictionary<string, double>? Metrics { get; set; }

    /// <summary>Version of the exporter.</summary>
    public string? ExporterVersion { get; set; }

    /// <summary>SHA-256 of the weights, hexadecimal.</summary>
    public string? WeightsSha256 { get; set; }

    /// <summary>License, source or other remarks.</summary>
    public string? Notes { get; set; }
}
