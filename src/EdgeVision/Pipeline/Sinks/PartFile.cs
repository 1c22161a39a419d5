using System.Globalization;

namespace EdgeVision;

/// <summary>Files that are <c>.part</c> until they are complete.</summary>
internal static class PartFile
{
    /// <summary>
    /// Gives what a run that crashed has left another name, with the time of its last byte, so that the next run does not write over it:
    /// <c>a.jsonl.part</c> becomes <c>a.jsonl.20260131T235958000Z.part</c>. An empty one is left.
    /// </summary>
    /// <param name="path">The <c>.part</c> file.</param>
    /// <exception cref="IOException">Another process writes it, or it cannot be renamed.</exception>
    public static void KeepAside(string path)
    {
        var left = new FileInfo(path);
        if (!left.Exists || left.Length == 0)
        {
            return;
        }

        // Fails where another writer has it open, whose file it is then. Not shared: writers that let others read share a lock among themselves.
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
