namespace EdgeVision.Configuration;

/// <summary>Position in a configuration file; 0 for a configuration created in code.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
public readonly record struct ConfigPosition(long Line, long Column);
