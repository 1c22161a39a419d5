namespace EdgeVision.Diagnostics;

/// <summary>Writes files that appear complete or not at all.</summary>
/// <remarks>
/// The content goes to a new file beside the target, whose random name nobody can prepare, and which then replaces the target.
/// If anything fails, the target stays as it was and the new file is removed.
/// </remarks>
public static class AtomicFile
{
    /// <summary>Writes a file from a stream.</summary>
    /// <param name="path">File to create or replace; its folder must exist.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="flushToDisk">Whether to wait until the content is on the disk, so that a power failure cannot lose it.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the file may not be written.</exception>
    public static void Write(string path, Action<Stream> write, bool flushToDisk = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string temporary = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            Remove(temporary);
            throw;
        }
    }

    /// <summary>Writes a file of bytes.</summary>
    /// <param name="path">File to create or replace; its folder must exist.</param>
    /// <param name="content">Content of the file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the file may not be written.</exception>
    public static void WriteAllBytes(string path, ReadOnlyMemory<byte> content) => Write(path, stream => stream.Write(content.Span));

    /// <summary>Writes a file of text as UTF-8 without a byte order mark.</summary>
    /// <param name="path">File to create or replace; its folder must exist.</param>
    /// <param name="text">Content of the file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the file may not be written.</exception>
    public static void WriteAllText(string path, string text) => WriteAllBytes(path, System.Text.Encoding.UTF8.GetBytes(text));

    private static void Remove(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that cannot be written often cannot be deleted either; the first error is the useful one.
        }
    }
}
