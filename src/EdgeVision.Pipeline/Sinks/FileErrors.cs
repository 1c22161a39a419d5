using EdgeVision.Diagnostics;

namespace EdgeVision.Pipeline.Sinks;

/// <summary>Converts file system errors to errors of a sink.</summary>
public static class FileErrors
{
    /// <summary>
    /// Creates the error for a path that cannot be written. A full disk allows a retry, a missing folder or permission does not.
    /// </summary>
    public static SinkException ToSinkException(string path, Exception e) =>
        new(
            $"'{path}' cannot be written: {ErrorText.ToSingleLine(e.Message)}",
            e,
            canRetry: e is IOException and not (DirectoryNotFoundException or PathTooLongException));
}
