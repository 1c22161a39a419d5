namespace EdgeVision;

/// <summary>Range of the distances in one frame, in meters.</summary>
/// <param name="Minimum">Minimum distance.</param>
/// <param name="Median">Median distance; the lower of the two middle values for an even count.</param>
/// <param name="Maximum">Maximum distance.</param>
public readonly record struct DepthRange(float Minimum, float Median, float Maximum);
