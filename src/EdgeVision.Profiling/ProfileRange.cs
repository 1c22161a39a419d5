using System.Text.Json.Serialization;

namespace EdgeVision.Profiling;

/// <summary>Readings at the start and the end of a measurement, and its extremes.</summary>
public sealed record ProfileRange(double Start, double End, double Min, double Max);
