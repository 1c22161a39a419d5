namespace EdgeVision.Pipeline;

/// <summary>Severity of a message of a pipeline.</summary>
public enum PipelineMessageLevel
{
    /// <summary>Informational.</summary>
    Information,
    /// <summary>Something went wrong and is being handled.</summary>
    Warning,
    /// <summary>A source or sink has been given up or suspended.</summary>
    Error,
}
