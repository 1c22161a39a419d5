namespace EdgeVision;

/// <summary>Message of a running pipeline, such as a source that reconnected or a sink that gave up. Never contains credentials.</summary>
/// <param name="Level">Severity.</param>
/// <param name="Component">Name of the source, model or sink concerned.</param>
/// <param name="Message">Text, one line.</param>
public readonly record struct PipelineNotice(NoticeLevel Level, string Component, string Message);
