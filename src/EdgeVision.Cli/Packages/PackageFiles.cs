using System.Text;
using EdgeVision.Diagnostics;
using EdgeVision.Models;

namespace EdgeVision.Cli.Packages;

/// <summary>File of a package: its bytes, or the path that they are read from.</summary>
internal readonly record struct PackageFile(string? Path, byte[]? Bytes, UnixFileMode Mode)
{
    /// <summary>Mode 0644: readable by all.</summary>
    public const UnixFileMode RegularMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Mode 0755: executable by all.</summary>
    public const UnixFileMode ExecutableMode = RegularMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Opens the content for reading.</summary>
    public Stream Open() => Path is not null ? File.OpenRead(Path) : new MemoryStream(Bytes!, writable: false);
}

/// <summary>Files of a package by name; parts of a name are separated by /.</summary>
internal sealed class PackageFiles
{
    private readonly SortedDictionary<string, PackageFile> _files = new(StringComparer.Ordinal);

    /// <summary>Gets the files, sorted by name.</summary>
    public IReadOnlyDictionary<string, PackageFile> All => _files;

    /// <summary>Adds a file of this machine.</summary>
    /// <exception cref="UsageException">Another file already has the name.</exception>
    public void Add(string name, string path, bool executable = false)
    {
        string full = Path.GetFullPath(path);
        if (_files.TryGetValue(name, out var known))
        {
            if (known.Path != full)
            {
                throw new UsageException($"'{known.Path}' and '{full}' would both be '{name}' in the package; rename one");
            }

            return;
        }

        _files.Add(name, new PackageFile(full, null, executable ? PackageFile.ExecutableMode : PackageFile.RegularMode));
    }

    /// <summary>Adds a text as UTF-8, with the line endings of the target.</summary>
    public void Add(string name, string text, bool executable, string lineEnd)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text.ReplaceLineEndings(lineEnd));
        _files.Add(name, new PackageFile(null, bytes, executable ? PackageFile.ExecutableMode : PackageFile.RegularMode));
    }

    /// <summary>Adds a program and its libraries.</summary>
    /// <param name="folder">Folder in the package, ending in /; empty for the root.</param>
    /// <param name="program">Files of the program.</param>
    public void AddProgram(string folder, IEnumerable<string> program)
    {
        foreach (string path in program)
        {
            Add(folder + Path.GetFileName(path), path, executable: true);
        }
    }

    /// <summary>Adds a model to <c>models/</c>, with its spec and its external weights.</summary>
    /// <returns>Name of the model in the package.</returns>
    /// <exception cref="UsageException">Another model already has the name.</exception>
    /// <exception cref="ModelFormatException">The file is not a model.</exception>
    public string AddModel(string model)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(model))!;
        foreach (string name in ModelFiles.GetFiles(model))
        {
            Add($"models/{name.Replace('\\', '/')}", Path.Combine(folder, name));
        }

        return $"models/{Path.GetFileName(model)}";
    }

    /// <summary>Returns the SHA-256 of every file, one line each, in the format of <c>sha256sum -c</c>.</summary>
    public string Manifest(CancellationToken cancel)
    {
        var lines = new StringBuilder();
        foreach (var (name, file) in _files)
        {
            cancel.ThrowIfCancellationRequested();
            using var content = file.Open();
            lines.Append(Checksum.ComputeHex(content)).Append("  ").Append(name).Append('\n');
        }

        return lines.ToString();
    }
}
