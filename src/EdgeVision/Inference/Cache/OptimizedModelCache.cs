using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;
using EdgeVision.Diagnostics;
using EdgeVision.Inference.OnnxFiles;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Inference.Cache;

/// <summary>Ways in which the cache of optimized models was used when a model was loaded.</summary>
public enum ModelCacheStatus
{
    /// <summary>No cache folder was given.</summary>
    Disabled,
    /// <summary>The graph was optimized without the cache.</summary>
    /// <remarks>The folder is not writable, the weights are in external files, or a provider other than the CPU runs the model.</remarks>
    Unavailable,
    /// <summary>The graph was optimized and stored for the next load.</summary>
    Stored,
    /// <summary>The optimized graph was loaded from the cache.</summary>
    Loaded,
}

/// <summary>Caches graphs as optimized by ONNX Runtime, since optimization takes most of the time of loading a model.</summary>
/// <remarks>
/// An entry's key has the model's SHA-256, ONNX Runtime's version, the processor's instruction sets (optimization depends on them) and the
/// session's options; the entry's own SHA-256 is stored beside it. Complete entries are moved into place; an entry that does not match its
/// checksum, or cannot be loaded, is rebuilt.
/// </remarks>
internal static class OptimizedModelCache
{
    /// <summary>Opens a session on the CPU, from the cache if possible.</summary>
    /// <param name="folder">Cache folder; created if absent.</param>
    /// <param name="path">Path of the model.</param>
    /// <param name="settings">Further settings that the key includes.</param>
    /// <param name="makeOptions">Creates the options of a session, which are disposed here.</param>
    public static (InferenceSession Session, ModelCacheStatus Use) Open(
        string folder, string path, string settings, Func<SessionOptions> makeOptions)
    {
        string entry;
        string part;
        try
        {
            Directory.CreateDirectory(folder);
            entry = Path.Combine(folder, Key(path, settings) + ".onnx");
            if (IsValid(entry) && TryLoad(entry, makeOptions) is { } kept)
            {
                return (kept, ModelCacheStatus.Loaded);
            }

            // Fails here if the folder is not writable, rather than inside ONNX Runtime.
            part = $"{entry}.{Environment.ProcessId}-{Guid.NewGuid():N}.part";
            File.Create(part).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            using var plain = makeOptions();
            return (new InferenceSession(path, plain), ModelCacheStatus.Unavailable);
        }

        try
        {
            using var options = makeOptions();
            options.OptimizedModelFilePath = part;
            var session = new InferenceSession(path, options);
            return (session, TryStore(part, entry) ? ModelCacheStatus.Stored : ModelCacheStatus.Unavailable);
        }
        catch (OnnxRuntimeException) when (!IsWritten(part))
        {
            // Either the model is at fault, which opening it again reports, or the disk is full.
            using var plain = makeOptions();
            return (new InferenceSession(path, plain), ModelCacheStatus.Unavailable);
        }
        finally
        {
            Remove(part);
        }
    }

    private static InferenceSession? TryLoad(string entry, Func<SessionOptions> makeOptions)
    {
        try
        {
            OnnxFile.Validate(entry);
            using var options = makeOptions();
            options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL; // already optimized
            return new InferenceSession(entry, options);
        }
        catch (Exception e) when (e is OnnxRuntimeException or ModelFormatException)
        {
            return null;
        }
    }

    private static bool TryStore(string part, string entry)
    {
        try
        {
            string sum = part + ".sum";
            File.WriteAllText(sum, ComputeChecksum(part));
            File.Move(part, entry, overwrite: true);
            File.Move(sum, entry + ".sha256", overwrite: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Remove(part + ".sum");
            return false;
        }
    }

    private static bool IsValid(string entry) =>
        File.Exists(entry) && File.Exists(entry + ".sha256") && File.ReadAllText(entry + ".sha256") == ComputeChecksum(entry);

    private static bool IsWritten(string part) => File.Exists(part) && new FileInfo(part).Length > 0;

    private static void Remove(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A leftover file does not disturb later entries: its name is unique.
        }
    }

    private static string Key(string path, string settings)
    {
        string vectors = $"{Avx512Vbmi.IsSupported}{Vector512.IsHardwareAccelerated}{Avx2.IsSupported}{Fma.IsSupported}"
            + $"{AvxVnni.IsSupported}{Vector128.IsHardwareAccelerated}";
        string text = $"1|{OrtLibrary.Version}|{OrtLibrary.CustomPath}|{RuntimeInformation.ProcessArchitecture}|"
            + $"{vectors}|{settings}|{ComputeChecksum(path)}";
        string name = string.Concat(
            Path.GetFileNameWithoutExtension(path).Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_').Take(40));
        return $"{name}-{Checksum.ComputeHex(Encoding.UTF8.GetBytes(text))[..32]}";
    }

    private static string ComputeChecksum(string path)
    {
        using var file = File.OpenRead(path);
        return Checksum.ComputeHex(file);
    }
}
