using System.Text.Json.Serialization;

namespace EdgeVision.Profiling;

/// <summary>Arrival mode of the runs.</summary>
public enum ProfileMode
{
    /// <summary>The next run begins when the last one ends.</summary>
    [JsonStringEnumMemberName("closed")]
    Closed,

    /// <summary>Runs arrive at a rate, independently of the last run's end.</summary>
    [JsonStringEnumMemberName("open")]
    Open,
}
