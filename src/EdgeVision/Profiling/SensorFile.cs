using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace EdgeVision;

/// <summary>A file in which the system keeps a number or a few, opened once and read again and again without an allocation.</summary>
internal sealed class SensorFile : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly byte[] _buffer;

    private SensorFile(SafeFileHandle file, string path, int room) => (_file, Path, _buffer) = (file, path, new byte[room]);

    public string Path { get; }

    /// <summary>Opens a file; null where it is not there or cannot be read, as much of this needs root.</summary>
    public static SensorFile? TryOpen(string path, int room = 64)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var file = new SensorFile(handle, path, room);
            file.Read(); // some open and then fail
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            handle?.Dispose();
            return null;
        }
    }

    /// <summary>The files of that name in every folder that matches, in the folders' order.</summary>
    public static SensorFile[] OpenAll(string folder, string pattern, params ReadOnlySpan<string> names)
    {
        var files = new List<SensorFile>();
        foreach (string each in Folders(folder, pattern))
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

    /// <summary>Folders of that pattern, sorted; none where there is no such place.</summary>
    public static string[] Folders(string folder, string pattern)
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

    /// <summary>The first line of a small file; null where there is none.</summary>
    public static string? Text(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).Split('\n', '\0')[0].Trim() is { Length: > 0 } line ? line : null : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What the file says now, as far as there is room; empty where it cannot be read.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        try
        {
            return Read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default; // a sensor that is gone, or has no value at the moment
        }
    }

    /// <summary>The number in it; null where there is none.</summary>
    public long? Number() => Number(Bytes());

    /// <summary>The number that a text begins with, blanks aside.</summary>
    public static long? Number(ReadOnlySpan<byte> text)
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
