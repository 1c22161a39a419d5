using System.Formats.Tar;
using System.IO.Compression;

namespace EdgeVision.Cli.Packages;

/// <summary>Writes a package as a .tar.gz, a .zip or a folder.</summary>
/// <remarks>
/// The package appears only when complete; a failure leaves nothing. Times, owners and order do not depend on the machine: the same files
/// give the same bytes.
/// </remarks>
internal static class PackageWriter
{
    private const int Chunk = 1 << 20;

    // The earliest time that the zip format can represent.
    private static readonly DateTimeOffset Time = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes a package.</summary>
    /// <param name="to">Path; its extension selects the format.</param>
    /// <param name="files">Files of the package.</param>
    /// <param name="root">Name of the top folder in an archive.</param>
    /// <param name="isPackage">Returns whether an existing folder may be replaced; null to replace none.</param>
    /// <param name="cancel">Cancels the operation.</param>
    /// <returns>Number of bytes written.</returns>
    /// <exception cref="IOException">The package cannot be written.</exception>
    public static long Write(string to, PackageFiles files, string root, Predicate<string>? isPackage, CancellationToken cancel)
    {
        to = Path.TrimEndingDirectorySeparator(to);
        string part = to + ".part";
        Clear(part); // left over from a run that was killed
        try
        {
            if (IsTar(to))
            {
                using var stream = File.Create(part);
                Tar(stream, files, root, cancel);
            }
            else if (IsZip(to))
            {
                using var stream = File.Create(part);
                Zip(stream, files, root, cancel);
            }
            else
            {
                Folder(part, files, cancel);
                return MoveFolder(part, to, isPackage);
            }

            File.Move(part, to, overwrite: true);
            return new FileInfo(to).Length;
        }
        catch
        {
            Clear(part);
            throw;
        }
    }

    /// <summary>Returns whether a path has the extension of a compressed tar.</summary>
    public static bool IsTar(string to) =>
        to.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase) || to.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns whether a path has the extension of a zip.</summary>
    public static bool IsZip(string to) => to.EndsWith(".zip", StringComparison.OrdinalIgnoreCase);

    private static void Tar(Stream to, PackageFiles files, string root, CancellationToken cancel)
    {
        using var gzip = new GZipStream(to, CompressionLevel.Optimal, leaveOpen: true);
        using var tar = new TarWriter(gzip, TarEntryFormat.Ustar);
        foreach (var (name, file) in files.All)
        {
            cancel.ThrowIfCancellationRequested();
            using var data = file.Open();
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"{root}/{name}")
            {
                DataStream = data,
                Mode = file.Mode,
                ModificationTime = Time,
            });
        }
    }

    private static void Zip(Stream to, PackageFiles files, string root, CancellationToken cancel)
    {
        using var zip = new ZipArchive(to, ZipArchiveMode.Create, leaveOpen: true);
        foreach (var (name, file) in files.All)
        {
            var entry = zip.CreateEntry($"{root}/{name}", CompressionLevel.Optimal);
            entry.LastWriteTime = Time;
            entry.ExternalAttributes = (0x8000 | (int)file.Mode) << 16; // S_IFREG, a regular file in Unix
            using var data = file.Open();
            using var stream = entry.Open();
            Copy(data, stream, cancel);
        }
    }

    private static void Folder(string folder, PackageFiles files, CancellationToken cancel)
    {
        foreach (var (name, file) in files.All)
        {
            string path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using (var data = file.Open())
            using (var stream = File.Create(path))
            {
                Copy(data, stream, cancel);
            }

            File.SetLastWriteTimeUtc(path, Time.UtcDateTime);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, file.Mode);
            }
        }
    }

    private static long MoveFolder(string part, string to, Predicate<string>? isPackage)
    {
        string? old = null;
        if (Directory.Exists(to) && Directory.EnumerateFileSystemEntries(to).Any())
        {
            if (isPackage?.Invoke(to) is not true)
            {
                throw new UsageException($"'{to}' already exists and is not a package");
            }

            old = to + ".old";
            Clear(old);
            Directory.Move(to, old);
        }
        else if (Directory.Exists(to))
        {
            Directory.Delete(to);
        }

        try
        {
            Directory.Move(part, to);
        }
        catch when (old is not null)
        {
            Directory.Move(old, to);
            throw;
        }

        Clear(old);
        return new DirectoryInfo(to).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);
    }

    private static void Copy(Stream from, Stream to, CancellationToken cancel)
    {
        byte[] buffer = new byte[Chunk];
        while (from.Read(buffer) is var n and > 0)
        {
            cancel.ThrowIfCancellationRequested();
            to.Write(buffer, 0, n);
        }
    }

    private static void Clear(string? path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else if (path is not null)
        {
            File.Delete(path);
        }
    }
}
