namespace EdgeVision.Pipeline;

/// <summary>Event that a rule raised on a frame.</summary>
/// <param name="Rule">The rule's name.</param>
/// <param name="Kind">Kind of event: "entered", "left", "dwell", "crossed", "count", "repetition".</param>
/// <param name="TrackId">Track concerned; 0 if there is none.</param>
public readonly record struct PipelineEvent(string Rule, string Kind, int TrackId)
{
    /// <summary>Label of the object; null if unknown.</summary>
    public string? Label { get; init; }

    /// <summary>Direction of a crossing or of a count; null if there is none.</summary>
    public string? Direction { get; init; }

    /// <summary>Duration of a stay or a repetition in seconds, or a count; null if there is none.</summary>
    public double? Value { get; init; }
}
