using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using EdgeVision.Diagnostics;
using EdgeVision.Inference.Providers;
using EdgeVision.Inference.Sessions;

namespace EdgeVision.Inference.Cache;

/// <summary>Manages the folders of TensorRT's engines, which take minutes to build, and of its timing cache.</summary>
/// <remarks>
/// Each combination of model, versions, GPU, shapes and options has its own engine folder, with a file <c>about.txt</c> that lists
/// them. The timing cache of kernels beside it is shared by all builds on one GPU.
/// </remarks>
internal static class TensorRtCache
{
    private const string Prefix = "tensorrt.";

    /// <summary>Adds an engine folder to the options, unless they have one or disable the cache, and returns both.</summary>
    public static (IReadOnlyDictionary<string, string> Options, string? Folder) AddEngineFolder(
        IReadOnlyDictionary<string, string> options, string model, EngineOptions engine)
    {
        var own = ProviderOptions.GetOptions(Provider.TensorRt, options);
        if (own.TryGetValue("trt_engine_cache_enable", out string? enabled) && !ProviderOptions.IsTrue(enabled))
        {
            return (options, null);
        }

        var gpu = GpuInfo.GetDevices().ElementAtOrDefault(ProviderOptions.GetDeviceId(own));
        return AddEngineFolder(options, own, model, engine.InputShapes, engine.CacheFolder ?? DefaultFolder, gpu, LibraryVersion());
    }

    /// <summary>Adds an engine folder for a given GPU and TensorRT version.</summary>
    internal static (IReadOnlyDictionary<string, string> Options, string? Folder) AddEngineFolder(
        IReadOnlyDictionary<string, string> options, Dictionary<string, string> own, string model,
        IReadOnlyDictionary<string, long[]> shapes, string root, GpuDevice? gpu, string tensorRt)
    {
        var all = new Dictionary<string, string>(options);
        string machine = $"onnxruntime {OrtLibrary.Version}, tensorrt {tensorRt}, "
            + $"gpu {gpu?.Name ?? "unknown"} {gpu?.ComputeCapability ?? "unknown"}";
        try
        {
            if (!own.TryGetValue("trt_engine_cache_path", out string? folder))
            {
                string about = Describe(model, machine, shapes, own);
                folder = Path.Combine(root, "tensorrt", $"{Short(Path.GetFileNameWithoutExtension(model))}-{Hash(about)}");
                Directory.CreateDirectory(folder);
                File.WriteAllText(Path.Combine(folder, "about.txt"), about);
                all[Prefix + "trt_engine_cache_path"] = folder;
            }

            all[Prefix + "trt_engine_cache_enable"] = "1";
            if (!own.ContainsKey("trt_timing_cache_enable"))
            {
                all[Prefix + "trt_timing_cache_enable"] = "1";
                if (!own.ContainsKey("trt_timing_cache_path"))
                {
                    string times = Path.Combine(root, "tensorrt", "times-" + Hash(machine));
                    Directory.CreateDirectory(times);
                    all[Prefix + "trt_timing_cache_path"] = times;
                }
            }

            return (all, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (options, null); // the engine is built at each load, as without a cache
        }
    }

    /// <summary>Reports the progress of an engine build until it is disposed; null if the folder has an engine or is null.</summary>
    public static IDisposable? ReportBuild(string? folder, string model, Action<string> report) =>
        ReportBuild(folder, model, report, TimeSpan.FromSeconds(15));

    /// <summary>Reports the progress of an engine build at the given interval.</summary>
    internal static IDisposable? ReportBuild(string? folder, string model, Action<string> report, TimeSpan interval) =>
        folder is null || HasEngine(folder)
            ? null
            : new ProgressReporter(
                report,
                interval,
                $"TensorRT builds an engine for {model}, which takes minutes the first time",
                $"TensorRT still builds the engine for {model}",
                () => HasEngine(folder) ? $"TensorRT has built the engine for {model}" : null);

    private static bool HasEngine(string folder) => Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.engine").Any();

    private static string DefaultFolder
    {
        get
        {
            string local = Environment.GetFolderPath(
                Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            return Path.Combine(local.Length > 0 ? local : Path.GetTempPath(), "edgevision");
        }
    }

    private static string Describe(string model, string machine, IReadOnlyDictionary<string, long[]> shapes, Dictionary<string, string> own)
    {
        var about = new StringBuilder();
        about.Append(CultureInfo.InvariantCulture, $"model {Checksum.HexOfFile(model)}\n{machine}\n");
        foreach (var (input, shape) in shapes.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            about.Append(CultureInfo.InvariantCulture, $"shape {input} {string.Join('x', shape)}\n");
        }

        foreach (var (name, value) in own.Where(o => o.Key is not "user_compute_stream").OrderBy(o => o.Key, StringComparer.Ordinal))
        {
            about.Append(CultureInfo.InvariantCulture, $"option {name} {value}\n");
            if (name == "trt_int8_calibration_table_name" && File.Exists(value))
            {
                // Another table of the same name needs another engine.
                about.Append(CultureInfo.InvariantCulture, $"table {Checksum.HexOfFile(value)}\n");
            }
        }

        return about.ToString();
    }

    private static string Short(string name) =>
        string.Concat(name.Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_').Take(40));

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];

    // Version of the library that the provider is linked with; "unknown" if it is not installed.
    private static unsafe string LibraryVersion()
    {
        string[] names = OperatingSystem.IsWindows() ? ["nvinfer_10.dll"] : ["libnvinfer.so.10", "libnvinfer.so.11", "libnvinfer.so.8"];
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, out nint library)
                && NativeLibrary.TryGetExport(library, "getInferLibVersion", out nint version))
            {
                return ((delegate* unmanaged<int>)version)().ToString(CultureInfo.InvariantCulture);
            }
        }

        return "unknown";
    }
}
