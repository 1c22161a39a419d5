namespace EdgeVision.Diagnostics;

/// <summary>Percentiles of a duration in milliseconds; zeros while there are no samples. The tail is never cut off.</summary>
public readonly record struct LatencySummary(long Count, double Mean, double P50, double P90, double P99, double P999, double Max);
