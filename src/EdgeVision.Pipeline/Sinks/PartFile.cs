using System.Globalization;

namespace EdgeVision.Pipeline.Sinks;

/// <summary>Handles files that are named <c>.part</c> until they are complete.</summary>
internal static class PartFile
{
    /// <summary>Renames a non-empty <c>.part</c> file of a crashed run, so that the next run does not overwrite it.</summary>
    /// <param name="path">The <c>.part</c> file.</param>
    /// <exception cref="IOException">Another process is writing the file, or it cannot be renamed.</exception>
    /// <remarks>
    /// The new name has the time of the last write: <c>a.jsonl.part</c> becomes <c>a.jsonl.20260131T235958000Z.part</c>. An empty file is
    /// left.
    /// </remarks>
    public static void RenameLeftover(string path)
    {
        var left = new FileInfo(path);
        if (!left.Exists || left.Length == 0)
        {
            return;
        }

        // Fails if another writer has the file open. FileShare.None, because writers that allow reading share a lock with each other.
        File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
        string stem = Path.ChangeExtension(path, left.LastWriteTimeUtc.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture));
        string aside = stem + ".part";
        for (int i = 2; File.Exists(aside); i++)
        {
            aside = FormattableString.Invariant($"{stem}-{i}.part");
        }

        File.Move(path, aside);
    }
}
