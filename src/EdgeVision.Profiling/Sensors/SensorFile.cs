using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace EdgeVision.Profiling.Sensors;

/// <summary>A system file with one or a few numbers, opened once and read repeatedly without allocation.</summary>
internal sealed class SensorFile : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly byte[] _buffer;

    private SensorFile(SafeFileHandle file, string path, int room) => (_file, Path, _buffer) = (file, path, new byte[room]);

    public string Path { get; }

    /// <summary>Opens a file; returns null if it does not exist or cannot be read, as many of them need root.</summary>
    public static SensorFile? TryOpen(string path, int room = 64)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var file = new SensorFile(handle, path, room);
            file.Read(); // some can be opened but not read
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            handle?.Dispose();
            return null;
        }
    }

    /// <summary>Opens the files of the given names in every matching folder, in the order of the folders.</summary>
    public static SensorFile[] OpenAll(string folder, string pattern, params ReadOnlySpan<string> names)
    {
        var files = new List<SensorFile>();
        foreach (string each in GetFolders(folder, pattern))
        {
            foreach (string name in names)
            {
                if (TryOpen(System.IO.Path.Combine(each, name)) is { } file)
                {
                    files.Add(file);
                }
            }
        }

        return [.. files];
    }

    /// <summary>Returns the folders that match a pattern, sorted; empty if the parent does not exist.</summary>
    public static string[] GetFolders(string folder, string pattern)
    {
        try
        {
            string[] found = Directory.GetDirectories(folder, pattern);
            Array.Sort(found, string.CompareOrdinal);
            return found;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Returns the first line of a small file; null if there is none.</summary>
    public static string? ReadFirstLine(string path)
    {
        try
        {
            string text = File.Exists(path) ? File.ReadAllText(path) : "";
            return text.Split('\n', '\0')[0].Trim() is { Length: > 0 } line ? line : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Reads the current content up to the buffer's length; empty if it cannot be read.</summary>
    public ReadOnlySpan<byte> ReadBytes()
    {
        try
        {
            return Read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default; // a sensor that was removed, or has no value at the moment
        }
    }

    /// <summary>Reads the current number; null if there is none.</summary>
    public long? ReadNumber() => ReadNumber(ReadBytes());

    /// <summary>Parses the number at the start of a text, skipping blanks.</summary>
    public static long? ReadNumber(ReadOnlySpan<byte> text)
    {
        while (text is [(byte)' ' or (byte)'\t', ..])
        {
            text = text[1..];
        }

        return Utf8Parser.TryParse(text, out long value, out _) ? value : null;
    }

    public void Dispose() => _file.Dispose();

    private ReadOnlySpan<byte> Read() => _buffer.AsSpan(0, RandomAccess.Read(_file, _buffer, 0));
}
