namespace EdgeVision.Pipeline;

/// <summary>Message of a running pipeline, such as a source that reconnected or a sink that gave up. Never contains credentials.</summary>
/// <param name="Level">Severity.</param>
/// <param name="Component">Name of the source, model or sink concerned.</param>
/// <param name="Text">Text, one line.</param>
public readonly record struct PipelineMessage(PipelineMessageLevel Level, string Component, string Text);
