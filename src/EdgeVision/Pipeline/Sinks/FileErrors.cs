namespace EdgeVision;

/// <summary>What the system says of a file, as the error of a sink.</summary>
internal static class FileErrors
{
    /// <summary>The error for a path that cannot be written. A full disk may have room later; a folder that may not be written into stays so.</summary>
    public static SinkException Sink(string path, Exception e) =>
        new($"'{path}' cannot be written: {OneLine.Of(e.Message)}", e, canRetry: e is IOException and not (DirectoryNotFoundException or PathTooLongException));
}
