using System.Globalization;
using System.IO.Compression;

namespace EdgeVision.Pipeline.Sinks;

/// <summary>Manages the finished files of a rotation: names, retention, and compression in the background.</summary>
internal sealed class RotatedFiles
{
    private const string TimeFormat = "yyyyMMdd'T'HHmmssfff'Z'", GzipExtension = ".gz", PartExtension = ".part";
    private readonly string _folder, _stem, _extension;
    private readonly FileRotation _rotation;
    private readonly TimeProvider _clock;
    private Task _packing = Task.CompletedTask;

    public RotatedFiles(string path, FileRotation rotation, TimeProvider clock)
    {
        _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        (_stem, _extension) = (Path.GetFileNameWithoutExtension(path), Path.GetExtension(path));
        (_rotation, _clock) = (rotation, clock);
    }

    /// <summary>Renames a completed file to a finished one and deletes the oldest files beyond the limit.</summary>
    public void Add(string path)
    {
        string name = GetNextName();
        File.Move(path, name);
        var all = GetFiles();
        for (int i = 0; i < all.Count - (_rotation.MaxFiles ?? all.Count); i++)
        {
            File.Delete(all[i].Path);
        }

        if (_rotation.Compress && _rotation.MaxFiles != 0)
        {
            // One at a time: in parallel they would only compete for the CPU.
            _packing = _packing.ContinueWith(_ => Compress(name), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    /// <summary>Waits for files that are being compressed. A file that cannot be compressed stays as it is.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancel)
    {
        try
        {
            await _packing.WaitAsync(cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The plain file still exists; an incomplete gzip file keeps its .part name.
        }
    }

    /// <summary>Returns the finished files, oldest first.</summary>
    public IReadOnlyList<(string Path, string Mark)> GetFiles()
    {
        var found = new List<(string Path, string Mark)>();
        foreach (string path in Directory.EnumerateFiles(_folder, _stem + ".*"))
        {
            var name = Path.GetFileName(path.AsSpan());
            if (name.EndsWith(GzipExtension, StringComparison.Ordinal))
            {
                name = name[..^GzipExtension.Length];
            }

            if (name.Length > _stem.Length + 1 + _extension.Length && name.EndsWith(_extension, StringComparison.Ordinal))
            {
                string mark = name[(_stem.Length + 1)..^_extension.Length].ToString();
                if (IsMark(mark))
                {
                    found.Add((path, mark));
                }
            }
        }

        found.Sort((a, b) => a.Mark.Length != b.Mark.Length
            ? a.Mark.Length.CompareTo(b.Mark.Length)
            : string.CompareOrdinal(a.Mark, b.Mark));
        return found;
    }

    private bool IsMark(string mark) => _rotation.Naming == FileNaming.Number
        ? mark.Length >= 6 && mark.All(char.IsAsciiDigit) && long.TryParse(mark, NumberStyles.None, CultureInfo.InvariantCulture, out _)
        : DateTime.TryParseExact(mark, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out _);

    private string GetNextName()
    {
        var last = GetFiles();
        if (_rotation.Naming == FileNaming.Number)
        {
            long number = last.Count == 0 ? 1 : long.Parse(last[^1].Mark, CultureInfo.InvariantCulture) + 1;
            return GetPath(number.ToString("D6", CultureInfo.InvariantCulture));
        }

        // Later than all others, even within one millisecond or after the clock was set back, so that names stay in order.
        var now = _clock.GetUtcNow().UtcDateTime;
        if (last.Count > 0 && string.CompareOrdinal(last[^1].Mark, now.ToString(TimeFormat, CultureInfo.InvariantCulture)) >= 0)
        {
            now = DateTime.ParseExact(last[^1].Mark, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal)
                .AddMilliseconds(1);
        }

        return GetPath(now.ToString(TimeFormat, CultureInfo.InvariantCulture));
    }

    private string GetPath(string mark) => Path.Combine(_folder, $"{_stem}.{mark}{_extension}");

    private static void Compress(string path)
    {
        string whole = path + GzipExtension, part = whole + PartExtension;
        try
        {
            using (var from = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
            using (var to = new GZipStream(new FileStream(part, FileMode.Create, FileAccess.Write), CompressionLevel.Optimal))
            {
                from.CopyTo(to);
            }

            File.Move(part, whole, overwrite: true);
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk is full, or the rotation has deleted the file in the meantime; the plain file, if it exists, has all the data.
            TryDelete(part);
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first error is the one that counts.
        }
    }
}
