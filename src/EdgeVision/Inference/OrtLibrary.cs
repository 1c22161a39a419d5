using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision;

/// <summary>
/// Finds the native ONNX Runtime: the one the application was built with, or the one that <c>EDGEVISION_ORT_PATH</c>
/// names (a library file, or a folder that holds it).
/// </summary>
public static class OrtLibrary
{
    /// <summary>Environment variable that names a native library of the user's own.</summary>
    public const string PathVariable = "EDGEVISION_ORT_PATH";

    private static readonly Lock Gate = new();
    private static string? _custom;
    private static nint _handle; // of the user's own library
    private static bool _ready;

    /// <summary>Path of the user's own library, or null where the application's is used.</summary>
    public static string? CustomPath => _custom;

    /// <summary>Version of the native library, such as 1.31.1.</summary>
    public static string Version
    {
        get
        {
            EnsureLoaded();
            return OrtEnv.Instance().GetVersionString();
        }
    }

    /// <summary>Providers that the native library was built with, by ONNX Runtime's names.</summary>
    public static IReadOnlyList<string> AvailableProviders
    {
        get
        {
            EnsureLoaded();
            return OrtEnv.Instance().GetAvailableProviders();
        }
    }

    /// <summary>Address of a function that the native library exports; 0 where it has none of that name.</summary>
    internal static nint Export(string name)
    {
        EnsureLoaded();
        nint library = _handle != 0 ? _handle : NativeLibrary.TryLoad("onnxruntime", typeof(OrtEnv).Assembly, null, out nint own) ? own : 0;
        return library != 0 && NativeLibrary.TryGetExport(library, name, out nint address) ? address : 0;
    }

    /// <summary>Loads the native library once. Throws <see cref="EdgeVisionException"/> where there is none.</summary>
    public static void EnsureLoaded()
    {
        lock (Gate)
        {
            if (_ready)
            {
                return;
            }

            string? wanted = Environment.GetEnvironmentVariable(PathVariable);
            if (!string.IsNullOrWhiteSpace(wanted))
            {
                UseCustom(wanted);
            }

            try
            {
                var options = new EnvironmentCreationOptions { logId = "edgevision", logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
                if (!OrtEnv.IsCreated)
                {
                    OrtEnv.CreateInstanceWithOptions(ref options);
                }
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or TypeInitializationException or BadImageFormatException or OnnxRuntimeException)
            {
                Exception cause = e;
                while (cause is TypeInitializationException { InnerException: { } inner })
                {
                    cause = inner;
                }

                throw cause is DllNotFoundException
                    ? new EdgeVisionException(MissingMessage, e)
                    : new EdgeVisionException($"the native ONNX Runtime{(_custom is null ? "" : $" '{_custom}'")} does not fit this build, which is made for {Built}: {OneLine.Of(cause.Message)}", e);
            }

            _ready = true;
        }
    }

    private static void UseCustom(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        if (!File.Exists(file))
        {
            throw new EdgeVisionException($"{PathVariable} names '{path}', where there is no {FileName}");
        }

        file = Path.GetFullPath(file);
        nint handle;
        try
        {
            handle = NativeLibrary.Load(file);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new EdgeVisionException($"{PathVariable} names '{file}', which cannot be loaded: {OneLine.Of(e.Message)}", e);
        }

        if (!NativeLibrary.TryGetExport(handle, "OrtGetApiBase", out _))
        {
            throw new EdgeVisionException($"{PathVariable} names '{file}', which is not an ONNX Runtime library (it has no OrtGetApiBase)");
        }

        // ONNX Runtime's own resolver would look beside the application first.
        OrtEnv.DisableDllImportResolver = true;
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(OrtEnv).Assembly, (string name, Assembly _, DllImportSearchPath? _) =>
                name.StartsWith("onnxruntime", StringComparison.Ordinal) && !name.Contains("extensions", StringComparison.Ordinal) ? handle : 0);
        }
        catch (InvalidOperationException e)
        {
            throw new EdgeVisionException($"{PathVariable} comes too late: ONNX Runtime is in use in this process already", e);
        }

        (_custom, _handle) = (file, handle);
    }

    private static string MissingMessage =>
        "no native ONNX Runtime was found; add one with 'dotnet add package EdgeVision.Runtime.Cpu' (or .Cuda, .DirectML), "
        + $"build EdgeVision from source with -p:EdgeVisionNative=Cpu (or Cuda, DirectML), or let {PathVariable} name {FileName}";

    private static string Built => typeof(OrtEnv).Assembly.GetName().Version?.ToString(3) ?? "another version";

    private static string FileName =>
        OperatingSystem.IsWindows() ? "onnxruntime.dll" : OperatingSystem.IsMacOS() ? "libonnxruntime.dylib" : "libonnxruntime.so";
}

/// <summary>Messages of other libraries on one line.</summary>
internal static class OneLine
{
    /// <summary>The text with its line breaks as spaces, at most 300 characters.</summary>
    public static string Of(string text)
    {
        string line = string.Join(' ', text.Split((char[])['\r', '\n', '\t', ' '], StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 300 ? line : line[..300] + "…";
    }
}
