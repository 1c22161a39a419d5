namespace EdgeVision.Configuration;

/// <summary>A place in a configuration's file; 0 for what was made in code.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
public readonly record struct ConfigPlace(long Line, long Column);
