using System.IO.MemoryMappedFiles;
using System.Text;
using EdgeVision.Diagnostics;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Inference.Providers;

/// <summary>Execution provider in a separate library that ONNX Runtime loads.</summary>
/// <remarks>
/// A plugin, or CUDA's <c>libonnxruntime_providers_cuda.so</c> beside a core library that was built without it. A library is loaded once
/// and is never unloaded.
/// </remarks>
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

    /// <summary>Gets the full path of the library.</summary>
    public string Path { get; }

    /// <summary>Gets the provider; <see cref="Provider.Plugin"/> if it has no value of its own.</summary>
    public Provider Provider { get; }

    /// <summary>Gets ONNX Runtime's name of the provider, which marks its nodes.</summary>
    public string ProviderName { get; }

    /// <summary>Gets the provider's version; null if it has none.</summary>
    public string? Version { get; }

    /// <summary>Gets the devices of this machine that the provider can use, in the order of <c>device_id</c>.</summary>
    public IReadOnlyList<string> Devices { get; }

    /// <summary>Loads a library, or returns the one that is already loaded from the path.</summary>
    /// <param name="path">Path of the library.</param>
    /// <exception cref="ProviderUnavailableException">The file does not exist, is not a provider, has another version, or
    /// depends on a missing library.</exception>
    public static ProviderLibrary Load(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string file = System.IO.Path.GetFullPath(path); // ONNX Runtime resolves relative paths against its own library
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
        int device = ProviderOptions.GetDeviceId(options);
        if (_devices.Length == 0)
        {
            throw new NotSupportedException($"'{Path}' found no supported device on this machine");
        }

        if (device >= _devices.Length)
        {
            throw new NotSupportedException(
                $"device_id must be below {_devices.Length} for '{Path}' ({string.Join(", ", Devices)}); got {device}");
        }

        session.AppendExecutionProvider(OrtEnv.Instance(), [_devices[device]], options.Where(o => o.Key != "device_id").ToDictionary());
    }

    private static ProviderLibrary Register(string file)
    {
        bool classic = System.IO.Path.GetFileName(file).Contains("onnxruntime_providers_", StringComparison.Ordinal);
        if (classic && ReleaseOf(file) is { } release && !SameRelease(release, OrtLibrary.Version))
        {
            // Provider and core share structures without a version: a mismatch would crash.
            throw new ProviderUnavailableException(
                $"provider library '{file}' is of ONNX Runtime {release}, but the core library is {OrtLibrary.Version}; "
                + $"use both from one release: set {OrtLibrary.PathVariable} to the matching core");
        }

        try
        {
            OrtEnv.Instance().RegisterExecutionProviderLibrary("edgevision:" + file, file);
        }
        catch (OnnxRuntimeException e)
        {
            throw new ProviderUnavailableException($"provider library '{file}' cannot be used: {Explain(file, e.Message)}", e);
        }

        var devices = OrtEnv.Instance().GetEpDevices()
            .Where(d => d.EpMetadata.Entries.GetValueOrDefault("library_path") == file);
        return new ProviderLibrary(file, [.. devices]);
    }

    // The loader's messages are exact, but do not say what to do.
    private static string Explain(string file, string message)
    {
        string reason = ErrorText.ToSingleLine(message);
        string name = System.IO.Path.GetFileName(file);
        if (message.Contains("onnxruntime_providers_shared", StringComparison.Ordinal)
            && !name.Contains("onnxruntime_providers_shared", StringComparison.Ordinal))
        {
            return $"it needs {FileName("shared")} of the same release beside the core library: copy or link it there ({reason})";
        }

        if (message.Contains("CreateEpFactories", StringComparison.Ordinal))
        {
            return Exports(file, "GetProvider")
                ? "only a core library that was built with this provider can load it; "
                    + $"build with -p:EdgeVisionNative=Cuda ({reason})"
                : $"it is not an execution provider ({reason})";
        }

        if (message.Contains("cannot open shared object file", StringComparison.Ordinal))
        {
            return $"a library that it depends on is missing; install it, or add its folder to LD_LIBRARY_PATH ({reason})";
        }

        return message.Contains("file too short", StringComparison.Ordinal)
            || message.Contains("invalid ELF header", StringComparison.Ordinal)
            ? $"it is not a library for this system ({reason})"
            : reason;
    }

    private static (string Name, Provider Provider) Identify(string path, string? name)
    {
        foreach (var provider in Enum.GetValues<Provider>().Where(p => p is not (Provider.Cpu or Provider.Plugin)))
        {
            if (name is null
                ? System.IO.Path.GetFileName(path).Contains($"providers_{provider.GetName()}", StringComparison.OrdinalIgnoreCase)
                : provider.GetOrtName() == name)
            {
                return (provider.GetOrtName(), provider);
            }
        }

        return (name ?? Provider.Plugin.GetOrtName(), Provider.Plugin);
    }

    private static bool SameRelease(string a, string b) => a.Split('.')[..2].SequenceEqual(b.Split('.')[..2]);

    // Finds the release of a classic provider: its only zero-terminated text of the form 1.x.y.
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
                if (length is > 4 and < Longest
                    && System.Version.TryParse(Encoding.ASCII.GetString(seen.Slice(at + 1, length)), out var version)
                    && version is { Build: >= 0, Revision: < 0 })
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
        using var map = MemoryMappedFile.CreateFromFile(
            stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        using var view = map.CreateViewStream(0, Math.Min(stream.Length, 1 << 20), MemoryMappedFileAccess.Read);
        byte[] head = new byte[view.Length];
        view.ReadExactly(head);
        return head.AsSpan().IndexOf(Encoding.ASCII.GetBytes($"\0{symbol}\0")) >= 0; // symbol names are near the beginning
    }

    private static string FileName(string provider) =>
        OperatingSystem.IsWindows() ? $"onnxruntime_providers_{provider}.dll"
        : OperatingSystem.IsMacOS() ? $"libonnxruntime_providers_{provider}.dylib"
        : $"libonnxruntime_providers_{provider}.so";
}
