namespace EdgeVision;

/// <summary>Base of all exceptions that EdgeVision throws deliberately. The message is one line that says what to do.</summary>
public class EdgeVisionException : Exception
{
    /// <summary>Creates the exception with a one-line message.</summary>
    public EdgeVisionException(string message) : base(message) { }

    /// <summary>Creates the exception with a one-line message and its cause.</summary>
    public EdgeVisionException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>Thrown when a model file cannot be read, or its inputs and outputs do not fit its spec.</summary>
public sealed class ModelFormatException : EdgeVisionException
{
    /// <summary>Creates the exception with a one-line message.</summary>
    public ModelFormatException(string message) : base(message) { }

    /// <summary>Creates the exception with a one-line message and its cause.</summary>
    public ModelFormatException(string message, Exception inner) : base(message, inner) { }

    /// <summary>Gets whether the model is valid and only its spec is missing.</summary>
    public bool IsSpecMissing { get; init; }
}

/// <summary>Thrown when a required execution provider is not available on this machine or in this build.</summary>
public sealed class ProviderUnavailableException : EdgeVisionException
{
    /// <summary>Creates the exception with a one-line message.</summary>
    public ProviderUnavailableException(string message) : base(message) { }

    /// <summary>Creates the exception with a one-line message and its cause.</summary>
    public ProviderUnavailableException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>Thrown when pixels cannot be read: a truncated image, or a size or stride that does not fit its buffer.</summary>
public sealed class FrameFormatException : EdgeVisionException
{
    /// <summary>Creates the exception with a one-line message.</summary>
    public FrameFormatException(string message) : base(message) { }

    /// <summary>Creates the exception with a one-line message and its cause.</summary>
    public FrameFormatException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>Thrown when a model spec has a missing or invalid field.</summary>
public sealed class SpecException : EdgeVisionException
{
    /// <summary>Creates the exception with a one-line message.</summary>
    public SpecException(string message) : base(message) { }

    /// <summary>Creates the exception with a one-line message and its cause.</summary>
    public SpecException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>Thrown when a network's output has NaN or infinity as a score or coordinate.</summary>
public sealed class InvalidOutputException : EdgeVisionException
{
    /// <summary>Creates the exception with a one-line message.</summary>
    public InvalidOutputException(string message) : base(message) { }
}

/// <summary>Thrown when a source cannot be opened or is lost.</summary>
/// <remarks>A missing file, a disconnected camera, an unreachable server.</remarks>
public sealed class SourceException : EdgeVisionException
{
    /// <summary>Creates the exception with a one-line message.</summary>
    /// <param name="message">What happened and what to do, without credentials.</param>
    /// <param name="canRetry">Whether the source may become available again: a server may, a missing file does not.</param>
    public SourceException(string message, bool canRetry = true) : base(message) => CanRetry = canRetry;

    /// <summary>Creates the exception with a one-line message and its cause.</summary>
    public SourceException(string message, Exception inner, bool canRetry = true) : base(message, inner) => CanRetry = canRetry;

    /// <summary>Gets whether a retry may succeed.</summary>
    public bool CanRetry { get; }
}

/// <summary>Thrown when a sink cannot accept a result.</summary>
/// <remarks>A full disk, an unreachable broker, a rejected request.</remarks>
public sealed class SinkException : EdgeVisionException
{
    /// <summary>Creates the exception with a one-line message.</summary>
    /// <param name="message">What happened and what to do, without credentials.</param>
    /// <param name="canRetry">Whether the same result may succeed later.</param>
    public SinkException(string message, bool canRetry = true) : base(message) => CanRetry = canRetry;

    /// <summary>Creates the exception with a one-line message and its cause.</summary>
    public SinkException(string message, Exception inner, bool canRetry = true) : base(message, inner) => CanRetry = canRetry;

    /// <summary>Gets whether a retry may succeed.</summary>
    public bool CanRetry { get; }
}

/// <summary>Thrown when a pipeline's configuration is invalid; the message names the place.</summary>
public sealed class PipelineConfigException : EdgeVisionException
{
    /// <summary>Creates the exception with a one-line message.</summary>
    public PipelineConfigException(string message) : base(message) { }

    /// <summary>Creates the exception with a one-line message and its cause.</summary>
    public PipelineConfigException(string message, Exception inner) : base(message, inner) { }
}
