using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision;

/// <summary>What became of the cache of optimized models when a model was loaded.</summary>
public enum ModelCacheUse
{
    /// <summary>No folder was given.</summary>
    Off,
    /// <summary>The graph was rewritten, as without a cache: the folder cannot be written, weights lie beside the model, or another provider than the CPU runs it.</summary>
    NotPossible,
    /// <summary>The graph was rewritten and kept for the next time.</summary>
    Kept,
    /// <summary>The graph was taken from the folder as it was rewritten before.</summary>
    Taken,
}

/// <summary>
/// Graphs as ONNX Runtime rewrote them, in a folder: what takes most of the time of loading a model. An entry's name is made of the model's
/// SHA-256, ONNX Runtime's version, the processor's instruction sets (the rewriting follows them) and the session's options; its own SHA-256 lies
/// beside it. Entries are moved into place when they are whole; one that does not fit its sum, or cannot be loaded, is made anew.
/// </summary>
internal static class OptimizedModelCache
{
    /// <summary>Opens a session on the CPU, from the folder where that is possible.</summary>
    /// <param name="folder">Where entries lie; made where it is absent.</param>
    /// <param name="path">The model.</param>
    /// <param name="settings">What else an entry depends on.</param>
    /// <param name="makeOptions">Makes options of a session; the caller's own, disposed of here.</param>
    public static (InferenceSession Session, ModelCacheUse Use) Open(string folder, string path, string settings, Func<SessionOptions> makeOptions)
    {
        string entry;
        string part;
        try
        {
            Directory.CreateDirectory(folder);
            entry = Path.Combine(folder, Key(path, settings) + ".onnx");
            if (Fits(entry) && TryLoad(entry, makeOptions) is { } kept)
            {
                return (kept, ModelCacheUse.Taken);
            }

            // Shows now whether the folder can be written, not in the middle of ONNX Runtime.
            part = $"{entry}.{Environment.ProcessId}-{Guid.NewGuid():N}.part";
            File.Create(part).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            using var plain = makeOptions();
            return (new InferenceSession(path, plain), ModelCacheUse.NotPossible);
        }

        try
        {
            using var options = makeOptions();
            options.OptimizedModelFilePath = part;
            var session = new InferenceSession(path, options);
            return (session, TryKeep(part, entry) ? ModelCacheUse.Kept : ModelCacheUse.NotPossible);
        }
        catch (OnnxRuntimeException) when (!Written(part))
        {
            // Either the model is at fault, which opening it again says, or the disk is full.
            using var plain = makeOptions();
            return (new InferenceSession(path, plain), ModelCacheUse.NotPossible);
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
            OnnxFile.Check(entry);
            using var options = makeOptions();
            options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL; // all of it is done
            return new InferenceSession(entry, options);
        }
        catch (Exception e) when (e is OnnxRuntimeException or ModelFormatException)
        {
            return null;
        }
    }

    private static bool TryKeep(string part, string entry)
    {
        try
        {
            string sum = part + ".sum";
            File.WriteAllText(sum, Sum(part));
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

    private static bool Fits(string entry) => File.Exists(entry) && File.Exists(entry + ".sha256") && File.ReadAllText(entry + ".sha256") == Sum(entry);

    private static bool Written(string part) => File.Exists(part) && new FileInfo(part).Length > 0;

    private static void Remove(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What cannot be removed is not in the way of the next one: its name is its own.
        }
    }

    private static string Key(string path, string settings)
    {
        string vectors = $"{Avx512Vbmi.IsSupported}{Vector512.IsHardwareAccelerated}{Avx2.IsSupported}{Fma.IsSupported}{AvxVnni.IsSupported}{Vector128.IsHardwareAccelerated}";
        string text = $"1|{OrtLibrary.Version}|{OrtLibrary.CustomPath}|{RuntimeInformation.ProcessArchitecture}|{vectors}|{settings}|{Sum(path)}";
        string name = string.Concat(Path.GetFileNameWithoutExtension(path).Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_').Take(40));
        return $"{name}-{Checksum.Hex(Encoding.UTF8.GetBytes(text))[..32]}";
    }

    private static string Sum(string path)
    {
        using var file = File.OpenRead(path);
        return Checksum.Hex(file);
    }
}
