namespace EdgeVision;

/// <summary>Base of every error that EdgeVision raises on purpose. The message is one line that says what to do.</summary>
public class EdgeVisionException : Exception
{
    /// <summary>Creates the error with a one-line message.</summary>
    public EdgeVisionException(string message) : base(message) { }

    /// <summary>Creates the error with a one-line message and its cause.</summary>
    public EdgeVisionException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>A model file that cannot be read, or whose inputs and outputs do not fit its spec.</summary>
public sealed class ModelFormatException : EdgeVisionException
{
    /// <summary>Creates the error with a one-line message.</summary>
    public ModelFormatException(string message) : base(message) { }

    /// <summary>Creates the error with a one-line message and its cause.</summary>
    public ModelFormatException(string message, Exception inner) : base(message, inner) { }

    /// <summary>Whether the model itself is sound and only nothing tells how to read it.</summary>
    internal bool LacksSpec { get; init; }
}

/// <summary>A required execution provider that this machine or this build does not have.</summary>
public sealed class ProviderUnavailableException : EdgeVisionException
{
    /// <summary>Creates the error with a one-line message.</summary>
    public ProviderUnavailableException(string message) : base(message) { }

    /// <summary>Creates the error with a one-line message and its cause.</summary>
    public ProviderUnavailableException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>Pixels that cannot be read: a truncated picture, a size or stride that does not fit its buffer.</summary>
public sealed class FrameFormatException : EdgeVisionException
{
    /// <summary>Creates the error with a one-line message.</summary>
    public FrameFormatException(string message) : base(message) { }

    /// <summary>Creates the error with a one-line message and its cause.</summary>
    public FrameFormatException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>A model spec with a missing or impossible field.</summary>
public sealed class SpecException : EdgeVisionException
{
    /// <summary>Creates the error with a one-line message.</summary>
    public SpecException(string message) : base(message) { }

    /// <summary>Creates the error with a one-line message and its cause.</summary>
    public SpecException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>Numbers out of a network that mean nothing: NaN or infinity where scores or coordinates belong.</summary>
public sealed class InvalidOutputException : EdgeVisionException
{
    /// <summary>Creates the error with a one-line message.</summary>
    public InvalidOutputException(string message) : base(message) { }
}

/// <summary>A source that cannot be opened or was lost: a missing file, a camera that vanished, a server that is away.</summary>
public sealed class SourceException : EdgeVisionException
{
    /// <summary>Creates the error with a one-line message.</summary>
    /// <param name="message">What happened and what to do, without credentials.</param>
    /// <param name="canRetry">Whether the source may come back by itself: a server does, a file that is missing does not.</param>
    public SourceException(string message, bool canRetry = true) : base(message) => CanRetry = canRetry;

    /// <summary>Creates the error with a one-line message and its cause.</summary>
    public SourceException(string message, Exception inner, bool canRetry = true) : base(message, inner) => CanRetry = canRetry;

    /// <summary>Whether trying again may help.</summary>
    public bool CanRetry { get; }
}

/// <summary>A sink that cannot take a result: a full disk, a broker that is away, a refused request.</summary>
public sealed class SinkException : EdgeVisionException
{
    /// <summary>Creates the error with a one-line message.</summary>
    /// <param name="message">What happened and what to do, without credentials.</param>
    /// <param name="canRetry">Whether the same result may go through later.</param>
    public SinkException(string message, bool canRetry = true) : base(message) => CanRetry = canRetry;

    /// <summary>Creates the error with a one-line message and its cause.</summary>
    public SinkException(string message, Exception inner, bool canRetry = true) : base(message, inner) => CanRetry = canRetry;

    /// <summary>Whether trying again may help.</summary>
    public bool CanRetry { get; }
}

/// <summary>A pipeline's configuration that is wrong; the message says where.</summary>
public sealed class PipelineConfigException : EdgeVisionException
{
    /// <summary>Creates the error with a one-line message.</summary>
    public PipelineConfigException(string message) : base(message) { }

    /// <summary>Creates the error with a one-line message and its cause.</summary>
    public PipelineConfigException(string message, Exception inner) : base(message, inner) { }
}
