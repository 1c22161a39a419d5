using System.Globalization;

namespace EdgeVision.Imaging;

/// <summary>The files of a <see cref="ClipRecorderSink"/>: their names, and how many stay.</summary>
internal static class ClipFiles
{
    /// <summary>Ending of the line of JSON beside a clip.</summary>
    public const string Index = ".json";

    /// <summary>A time as names of files have it: UTC, to the millisecond.</summary>
    public static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A path for a clip that no file has yet.</summary>
    public static string NewPath(string folder, string source, DateTimeOffset at, string extension)
    {
        string stem = Path.Combine(folder, $"{FileNames.Safe(source)}-{Stamp(at)}"), path = stem + extension;
        for (int i = 2; File.Exists(path) || File.Exists(new VideoTarget(path, 1, 1, 1).PartPath); i++)
        {
            path = FormattableString.Invariant($"{stem}-{i}{extension}");
        }

        return path;
    }

    /// <summary>Deletes the oldest clips, with their lines, until no more than so many and so many bytes are left; the newest stays in any case.</summary>
    public static void Limit(string folder, string extension, int? mostClips, long? mostBytes)
    {
        var clips = new List<(FileInfo Video, FileInfo Line)>();
        foreach (string line in Directory.EnumerateFiles(folder, "*" + Index))
        {
            var video = new FileInfo(Path.ChangeExtension(line, extension));
            if (video.Exists)
            {
                clips.Add((video, new FileInfo(line)));
            }
        }

        clips.Sort((a, b) => b.Line.LastWriteTimeUtc != a.Line.LastWriteTimeUtc
            ? b.Line.LastWriteTimeUtc.CompareTo(a.Line.LastWriteTimeUtc)
            : string.CompareOrdinal(b.Line.Name, a.Line.Name));
        long bytes = 0;
        for (int i = 0; i < clips.Count; i++)
        {
            bytes += clips[i].Video.Length + clips[i].Line.Length;
            if (i > 0 && (i >= mostClips || bytes > mostBytes))
            {
                clips[i].Video.Delete();
                clips[i].Line.Delete();
            }
        }
    }
}
