using System.Text.Json.Serialization;

namespace EdgeVision.Profiling;

/// <summary>Percentiles, maximum and mean in milliseconds.</summary>
public sealed record ProfileTimes(double P50, double P90, double P99, double P999, double Max, double Mean);
