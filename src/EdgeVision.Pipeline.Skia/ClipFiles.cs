using System.Globalization;
using System.Text.Json;
using EdgeVision.Pipeline.Ffmpeg;
using EdgeVision.Pipeline.Sinks;

namespace EdgeVision.Pipeline.Skia;

/// <summary>Names and deletes the files of a <see cref="ClipRecorderSink"/>.</summary>
internal static class ClipFiles
{
    /// <summary>Extension of the JSON line beside a clip.</summary>
    public const string IndexExtension = ".json";

    private const long MaxLineBytes = 64 << 20;

    /// <summary>Formats a time for file names: UTC, to the millisecond.</summary>
    public static string FormatTimestamp(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Returns a path for a clip that does not exist yet.</summary>
    public static string NewPath(string folder, string source, DateTimeOffset at, string extension)
    {
        string stem = Path.Combine(folder, $"{FileNames.MakeSafe(source)}-{FormatTimestamp(at)}"), path = stem + extension;
        for (int i = 2; File.Exists(path) || File.Exists(new VideoTarget(path, 1, 1, 1).PartPath); i++)
        {
            path = FormattableString.Invariant($"{stem}-{i}{extension}");
        }

        return path;
    }

    /// <summary>
    /// Deletes the oldest clips with their JSON lines until both limits hold; the newest clip is always kept.
    /// </summary>
    public static void DeleteOldest(string folder, string extension, int? maxClips, long? maxBytes)
    {
        if (maxClips is null && maxBytes is null)
        {
            return;
        }

        var clips = new List<(FileInfo[] Videos, FileInfo Line)>();
        foreach (string path in Directory.EnumerateFiles(folder, "*" + IndexExtension))
        {
            var line = new FileInfo(path);
            FileInfo[] videos = [.. VideosOf(line, extension).Where(v => v.Exists)];
            if (videos.Length > 0)
            {
                clips.Add((videos, line));
            }
        }

        clips.Sort((a, b) => b.Line.LastWriteTimeUtc != a.Line.LastWriteTimeUtc
            ? b.Line.LastWriteTimeUtc.CompareTo(a.Line.LastWriteTimeUtc)
            : string.CompareOrdinal(b.Line.Name, a.Line.Name));
        long bytes = 0;
        for (int i = 0; i < clips.Count; i++)
        {
            var (videos, line) = clips[i];
            bytes += videos.Sum(v => v.Length) + line.Length;
            if (i > 0 && (i >= maxClips || bytes > maxBytes))
            {
                foreach (var video in videos)
                {
                    video.Delete();
                }

                line.Delete();
            }
        }
    }

    // The files named by a clip's JSON line; none if it is not such a line. Only files beside it with its own name can be its
    // clips: whatever a JSON file says, no other files are deleted.
    private static FileInfo[] VideosOf(FileInfo line, string extension)
    {
        string stem = Path.GetFileNameWithoutExtension(line.Name);
        try
        {
            if (line.Length > MaxLineBytes)
            {
                return [];
            }

            using var json = JsonDocument.Parse(File.ReadAllBytes(line.FullName));
            return json.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("source"u8, out var source) && source.ValueKind == JsonValueKind.String
                && root.TryGetProperty("events"u8, out var events) && events.ValueKind == JsonValueKind.Array
                && root.TryGetProperty("files"u8, out var files) && files.ValueKind == JsonValueKind.Array
                && files.EnumerateArray().All(f => f.ValueKind == JsonValueKind.String && IsOwn(f.GetString()!))
                ? [.. files.EnumerateArray().Select(f => new FileInfo(Path.Combine(line.DirectoryName!, f.GetString()!)))]
                : [];
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return [];
        }

        bool IsOwn(string name) => Path.GetFileName(name) == name && name.StartsWith(stem, StringComparison.Ordinal)
            && Path.GetExtension(name).Equals(extension, StringComparison.OrdinalIgnoreCase);
    }
}
