using System.IO.MemoryMappedFiles;
using System.Text;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision;

/// <summary>
/// An execution provider in a library of its own that ONNX Runtime loads: a plugin, or CUDA's <c>libonnxruntime_providers_cuda.so</c> beside a core that was
/// built without it. A library is loaded once and stays as long as the process.
/// </summary>
public sealed class ProviderLibrary
{
    private static readonly Dictionary<string, ProviderLibrary> Loaded = [];
    private readonly OrtEpDevice[] _devices;

    private ProviderLibrary(string path, OrtEpDevice[] devices)
    {
        (Path, _devices) = (path, devices);
        (ProviderName, Provider) = Identify(path, devices.FirstOrDefault()?.EpName);
        Version = devices.FirstOrDefault()?.EpMetadata.Entries.GetValueOrDefault("version");
        Devices = [.. devices.Select((d, i) => $"{i}: {d.HardwareDevice.Type} {d.HardwareDevice.Vendor}".TrimEnd())];
    }

    /// <summary>The library's whole path.</summary>
    public string Path { get; }

    /// <summary>Which provider it is; <see cref="Provider.Plugin"/> where it has no name here.</summary>
    public Provider Provider { get; }

    /// <summary>ONNX Runtime's name of the provider, which marks its nodes.</summary>
    public string ProviderName { get; }

    /// <summary>The provider's version; null where it says none.</summary>
    public string? Version { get; }

    /// <summary>Devices of this machine that it can run on, in the order of <c>device_id</c>; empty where there is none.</summary>
    public IReadOnlyList<string> Devices { get; }

    /// <summary>Loads a library, or gives the one that is loaded from there already.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ProviderUnavailableException">There is no such file, it is no provider, or it does not fit: another version, or something that it needs is missing.</exception>
    public static ProviderLibrary Load(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string file = System.IO.Path.GetFullPath(path); // ONNX Runtime would look beside its own library
        if (!File.Exists(file))
        {
            throw new ProviderUnavailableException(Directory.Exists(file)
                ? $"provider library '{path}' is a folder; name the file in it, such as {FileName("cuda")}"
                : $"provider library '{path}' does not exist");
        }

        OrtLibrary.EnsureLoaded();
        lock (Loaded)
        {
            if (!Loaded.TryGetValue(file, out var library))
            {
                Loaded[file] = library = Register(file);
            }

            return library;
        }
    }

    /// <summary>Appends the provider to a session's options, on the device of <c>device_id</c>.</summary>
    internal void Append(SessionOptions session, IReadOnlyDictionary<string, string> options)
    {
        int device = ProviderOptions.Device(options);
        if (_devices.Length == 0)
        {
            throw new NotSupportedException($"'{Path}' finds no device on this machine that it can run on");
        }

        if (device >= _devices.Length)
        {
            throw new NotSupportedException($"device_id is {device}, and '{Path}' finds {_devices.Length} here ({string.Join(", ", Devices)})");
        }

        session.AppendExecutionProvider(OrtEnv.Instance(), [_devices[device]], options.Where(o => o.Key != "device_id").ToDictionary());
    }

    private static ProviderLibrary Register(string file)
    {
        bool classic = System.IO.Path.GetFileName(file).Contains("onnxruntime_providers_", StringComparison.Ordinal);
        if (classic && ReleaseOf(file) is { } release && !SameRelease(release, OrtLibrary.Version))
        {
            // It shares structures with the core that have no version of their own: trying would end in a crash.
            throw new ProviderUnavailableException($"provider library '{file}' is of ONNX Runtime {release}, and the core is {OrtLibrary.Version}; take both of one release, the core by {OrtLibrary.PathVariable}");
        }

        try
        {
            OrtEnv.Instance().RegisterExecutionProviderLibrary("edgevision:" + file, file);
        }
        catch (OnnxRuntimeException e)
        {
            throw new ProviderUnavailableException($"provider library '{file}' cannot be used: {Explain(file, e.Message)}", e);
        }

        return new ProviderLibrary(file, [.. OrtEnv.Instance().GetEpDevices().Where(d => d.EpMetadata.Entries.GetValueOrDefault("library_path") == file)]);
    }

    // The loader's words are exact and say nothing of what to do.
    private static string Explain(string file, string message)
    {
        string reason = OneLine.Of(message);
        string name = System.IO.Path.GetFileName(file);
        if (message.Contains("onnxruntime_providers_shared", StringComparison.Ordinal) && !name.Contains("onnxruntime_providers_shared", StringComparison.Ordinal))
        {
            return $"it needs {FileName("shared")} of the same release beside the core library: copy or link it there ({reason})";
        }

        if (message.Contains("CreateEpFactories", StringComparison.Ordinal))
        {
            return Exports(file, "GetProvider")
                ? $"it is a provider that only a core built with it can load, not one that a core takes by its path; build with -p:EdgeVisionNative=Cuda ({reason})"
                : $"it is no execution provider ({reason})";
        }

        if (message.Contains("cannot open shared object file", StringComparison.Ordinal))
        {
            return $"a library that it needs is missing; install it, or name its folder in LD_LIBRARY_PATH ({reason})";
        }

        return message.Contains("file too short", StringComparison.Ordinal) || message.Contains("invalid ELF header", StringComparison.Ordinal)
            ? $"it is no library of this system ({reason})"
            : reason;
    }

    private static (string Name, Provider Provider) Identify(string path, string? name)
    {
        foreach (var provider in Enum.GetValues<Provider>().Where(p => p is not (Provider.Cpu or Provider.Plugin)))
        {
            if (name is null ? System.IO.Path.GetFileName(path).Contains($"providers_{provider.Name()}", StringComparison.OrdinalIgnoreCase) : provider.OrtName() == name)
            {
                return (provider.OrtName(), provider);
            }
        }

        return (name ?? Provider.Plugin.OrtName(), Provider.Plugin);
    }

    private static bool SameRelease(string a, string b) => a.Split('.')[..2].SequenceEqual(b.Split('.')[..2]);

    // A classic provider has its release as a text of its own, the only one of that form.
    private static string? ReleaseOf(string file)
    {
        const int Chunk = 1 << 20, Longest = 16;
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        byte[] buffer = new byte[Chunk + Longest];
        int kept = 0;
        for (int read; (read = stream.Read(buffer, kept, Chunk)) > 0;)
        {
            var seen = buffer.AsSpan(0, kept + read);
            for (int at = seen.IndexOf("\0"u8 + "1."u8); at >= 0;)
            {
                int length = seen[(at + 1)..].IndexOf((byte)0);
                if (length is > 4 and < Longest && System.Version.TryParse(Encoding.ASCII.GetString(seen.Slice(at + 1, length)), out var version) && version is { Build: >= 0, Revision: < 0 })
                {
                    return version.ToString(3);
                }

                int next = seen[(at + 1)..].IndexOf("\0"u8 + "1."u8);
                at = next < 0 ? -1 : at + 1 + next;
            }

            kept = Math.Min(Longest, seen.Length);
            seen[^kept..].CopyTo(buffer);
        }

        return null;
    }

    private static bool Exports(string file, string symbol)
    {
        using var stream = File.OpenRead(file);
        using var map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        using var view = map.CreateViewStream(0, Math.Min(stream.Length, 1 << 20), MemoryMappedFileAccess.Read);
        byte[] head = new byte[view.Length];
        view.ReadExactly(head);
        return head.AsSpan().IndexOf(Encoding.ASCII.GetBytes($"\0{symbol}\0")) >= 0; // symbols' names lie near the beginning
    }

    private static string FileName(string provider) =>
        OperatingSystem.IsWindows() ? $"onnxruntime_providers_{provider}.dll" : OperatingSystem.IsMacOS() ? $"libonnxruntime_providers_{provider}.dylib" : $"libonnxruntime_providers_{provider}.so";
}
