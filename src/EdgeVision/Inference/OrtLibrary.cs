using System.Reflection;
using System.Runtime.InteropServices;
using EdgeVision.Diagnostics;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Inference;

/// <summary>Loads the native ONNX Runtime.</summary>
/// <remarks>
/// The library that the application was built with, or the one at <c>EDGEVISION_ORT_PATH</c> (a library file, or a folder that
/// contains it).
/// </remarks>
public static class OrtLibrary
{
    /// <summary>Environment variable with the path of a custom native library.</summary>
    public const string PathVariable = "EDGEVISION_ORT_PATH";

    private static readonly Lock Gate = new();
    private static string? _custom;
    private static nint _handle; // of the custom library
    private static bool _ready;

    /// <summary>Gets the path of the custom library; null if the application's library is used.</summary>
    public static string? CustomPath => _custom;

    /// <summary>Gets the version of the native library, such as 1.31.1.</summary>
    public static string Version
    {
        get
        {
            EnsureLoaded();
            return OrtEnv.Instance().GetVersionString();
        }
    }

    /// <summary>Gets the providers that the native library was built with, by ONNX Runtime's names.</summary>
    public static IReadOnlyList<string> AvailableProviders
    {
        get
        {
            EnsureLoaded();
            return OrtEnv.Instance().GetAvailableProviders();
        }
    }

    /// <summary>Returns the address of a function that the native library exports; 0 if there is none of that name.</summary>
    internal static nint GetExport(string name)
    {
        EnsureLoaded();
        nint library = _handle != 0
            ? _handle
            : NativeLibrary.TryLoad("onnxruntime", typeof(OrtEnv).Assembly, null, out nint own) ? own : 0;
        return library != 0 && NativeLibrary.TryGetExport(library, name, out nint address) ? address : 0;
    }

    /// <summary>Loads the native library once. Throws <see cref="EdgeVisionException"/> if there is none.</summary>
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
                var options = new EnvironmentCreationOptions
                {
                    logId = "edgevision",
                    logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
                };
                if (!OrtEnv.IsCreated)
                {
                    OrtEnv.CreateInstanceWithOptions(ref options);
                }
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or TypeInitializationException
                or BadImageFormatException or OnnxRuntimeException)
            {
                Exception cause = e;
                while (cause is TypeInitializationException { InnerException: { } inner })
                {
                    cause = inner;
                }

                throw cause is DllNotFoundException
                    ? new EdgeVisionException(MissingMessage, e)
                    : new EdgeVisionException(
                        $"the native ONNX Runtime{(_custom is null ? "" : $" '{_custom}'")} does not fit this build, "
                        + $"which needs version {RequiredVersion}: {ErrorText.ToSingleLine(cause.Message)}",
                        e);
            }

            _ready = true;
        }
    }

    private static void UseCustom(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        if (!File.Exists(file))
        {
            throw new EdgeVisionException($"{PathVariable} is '{path}', which must be a library file or a folder with {FileName}");
        }

        file = Path.GetFullPath(file);
        nint handle;
        try
        {
            handle = NativeLibrary.Load(file);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new EdgeVisionException($"{PathVariable} is '{file}', which cannot be loaded: {ErrorText.ToSingleLine(e.Message)}", e);
        }

        if (!NativeLibrary.TryGetExport(handle, "OrtGetApiBase", out _))
        {
            throw new EdgeVisionException(
                $"{PathVariable} is '{file}', which is not an ONNX Runtime library (it does not export OrtGetApiBase)");
        }

        // ONNX Runtime's own resolver would search the application's folder first.
        OrtEnv.DisableDllImportResolver = true;
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(OrtEnv).Assembly, (string name, Assembly _, DllImportSearchPath? _) =>
                name.StartsWith("onnxruntime", StringComparison.Ordinal) && !name.Contains("extensions", StringComparison.Ordinal)
                    ? handle
                    : 0);
        }
        catch (InvalidOperationException e)
        {
            throw new EdgeVisionException(
                $"{PathVariable} cannot take effect: this process has loaded ONNX Runtime already; set it before the process starts", e);
        }

        (_custom, _handle) = (file, handle);
    }

    private static string MissingMessage =>
        "no native ONNX Runtime was found; add one with 'dotnet add package EdgeVision.Runtime.Cpu' (or .Cuda, .DirectML), "
        + $"build EdgeVision from source with -p:EdgeVisionNative=Cpu (or Cuda, DirectML), or set {PathVariable} to the path of {FileName}";

    private static string RequiredVersion => typeof(OrtEnv).Assembly.GetName().Version?.ToString(3) ?? "another version";

    private static string FileName =>
        OperatingSystem.IsWindows() ? "onnxruntime.dll" : OperatingSystem.IsMacOS() ? "libonnxruntime.dylib" : "libonnxruntime.so";
}
