using System.Text;

namespace EdgeVision.Cli;

/// <summary>A file of a package: its bytes, or the file that they come from.</summary>
internal readonly record struct PackageFile(string? Path, byte[]? Bytes, UnixFileMode Mode)
{
    /// <summary>Anyone may read it.</summary>
    public const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Anyone may run it.</summary>
    public const UnixFileMode Program = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>What is in it.</summary>
    public Stream Open() => Path is not null ? File.OpenRead(Path) : new MemoryStream(Bytes!, writable: false);
}

/// <summary>What lies in a package, by name; names have / between their parts.</summary>
internal sealed class PackageFiles
{
    private readonly SortedDictionary<string, PackageFile> _files = new(StringComparer.Ordinal);

    /// <summary>The files in the order of their names.</summary>
    public IReadOnlyDictionary<string, PackageFile> All => _files;

    /// <summary>Adds a file of this machine.</summary>
    /// <exception cref="WrongCallException">Another file has the name.</exception>
    public void Add(string name, string path, bool executable = false)
    {
        string full = Path.GetFullPath(path);
        if (_files.TryGetValue(name, out var known))
        {
            if (known.Path != full)
            {
                throw new WrongCallException($"'{known.Path}' and '{full}' would both be '{name}' in the package; rename one");
            }

            return;
        }

        _files.Add(name, new PackageFile(full, null, executable ? PackageFile.Program : PackageFile.Plain));
    }

    /// <summary>Adds a text, with the line ends of the target.</summary>
    public void Add(string name, string text, bool executable, string lineEnd) =>
        _files.Add(name, new PackageFile(null, Encoding.UTF8.GetBytes(text.ReplaceLineEndings(lineEnd)), executable ? PackageFile.Program : PackageFile.Plain));

    /// <summary>Adds a program and its libraries.</summary>
    /// <param name="folder">Folder in the package, with its /; empty for none.</param>
    /// <param name="program">Its files.</param>
    public void AddProgram(string folder, IEnumerable<string> program)
    {
        foreach (string path in program)
        {
            Add(folder + Path.GetFileName(path), path, executable: true);
        }
    }

    /// <summary>Adds a model with its spec and the weights beside it, to <c>models/</c>.</summary>
    /// <returns>Its name in the package.</returns>
    /// <exception cref="WrongCallException">Another model has the name.</exception>
    /// <exception cref="ModelFormatException">The file is no model.</exception>
    public string AddModel(string model)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(model))!;
        foreach (string name in ModelFiles.Of(model))
        {
            Add($"models/{name.Replace('\\', '/')}", Path.Combine(folder, name));
        }

        return $"models/{Path.GetFileName(model)}";
    }

    /// <summary>SHA-256 of every file, a line each, as <c>sha256sum -c</c> reads it.</summary>
    public string Manifest(CancellationToken cancel)
    {
        var lines = new StringBuilder();
        foreach (var (name, file) in _files)
        {
            cancel.ThrowIfCancellationRequested();
            using var content = file.Open();
            lines.Append(Checksum.Hex(content)).Append("  ").Append(name).Append('\n');
        }

        return lines.ToString();
    }
}
