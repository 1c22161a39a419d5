namespace EdgeVision.Profiling;

/// <summary>Progress of a measurement.</summary>
/// <param name="Phase">Current phase: load, warm up, measure, operators, costs.</param>
/// <param name="Done">Completed fraction of the phase, 0 to 1.</param>
public readonly record struct ProfileProgress(string Phase, double Done);
