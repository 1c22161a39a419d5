using System.Diagnostics;
using System.Globalization;

namespace EdgeVision.Inference.Providers;

/// <summary>Describes a GPU as the system reports it.</summary>
/// <param name="Name">Name such as NVIDIA H100 80GB HBM3.</param>
/// <param name="Driver">Version of its driver; null if unknown.</param>
/// <param name="MemoryMb">Its memory in MiB; null if unknown.</param>
/// <param name="ComputeCapability">CUDA compute capability, such as 9.0; null if unknown.</param>
public sealed record GpuDevice(string Name, string? Driver, long? MemoryMb, string? ComputeCapability);

/// <summary>Lists the machine's NVIDIA GPUs, by <c>nvidia-smi</c> or by the driver's files under <c>/proc</c>.</summary>
public static class GpuInfo
{
    private static readonly Lazy<IReadOnlyList<GpuDevice>> Devices = new(() => FromTool() ?? FromDriver("/proc/driver/nvidia"));

    /// <summary>
    /// Returns the GPUs, in CUDA's order if <c>nvidia-smi</c> is installed; empty without a driver. Queried once per process.
    /// </summary>
    public static IReadOnlyList<GpuDevice> GetDevices() => Devices.Value;

    /// <summary>Parses lines of "name, driver, memory, compute capability".</summary>
    internal static IReadOnlyList<GpuDevice> Parse(string csv) =>
        [
            .. csv.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(l => l.Split(',', StringSplitOptions.TrimEntries))
                .Where(f => f.Length == 4)
                .Select(f => new GpuDevice(
                    f[0],
                    ToNullIfUnknown(f[1]),
                    long.TryParse(f[2], NumberStyles.None, CultureInfo.InvariantCulture, out long mb) ? mb : null,
                    ToNullIfUnknown(f[3]))),
        ];

    /// <summary>Reads GPUs from the driver's folder.</summary>
    internal static IReadOnlyList<GpuDevice> FromDriver(string folder)
    {
        try
        {
            string? version = null;
            if (File.Exists(Path.Combine(folder, "version")))
            {
                // NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 …
                version = File.ReadLines(Path.Combine(folder, "version")).FirstOrDefault()
                    ?.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .FirstOrDefault(w => w.Length > 3
                        && w.Contains('.', StringComparison.Ordinal)
                        && w.All(c => char.IsAsciiDigit(c) || c == '.'));
            }

            string gpus = Path.Combine(folder, "gpus");
            return !Directory.Exists(gpus) ? [] :
            [
                .. Directory.EnumerateDirectories(gpus)
                    .Order(StringComparer.Ordinal)
                    .Select(d => Path.Combine(d, "information"))
                    .Where(File.Exists)
                    .Select(f => File.ReadLines(f).FirstOrDefault(l => l.StartsWith("Model:", StringComparison.Ordinal)))
                    .OfType<string>()
                    .Select(l => new GpuDevice(l["Model:".Length..].Trim(), version, null, null)),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string? ToNullIfUnknown(string field) => field.Length == 0 || field.StartsWith('[') ? null : field; // [N/A]

    private static IReadOnlyList<GpuDevice>? FromTool()
    {
        try
        {
            using var tool = Process.Start(new ProcessStartInfo(
                "nvidia-smi",
                ["--query-gpu=name,driver_version,memory.total,compute_cap", "--format=csv,noheader,nounits"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
            if (tool is null)
            {
                return null;
            }

            var output = tool.StandardOutput.ReadToEndAsync();
            if (!tool.WaitForExit(TimeSpan.FromSeconds(10))) // the driver hangs
            {
                tool.Kill();
                return null;
            }

            return tool.ExitCode == 0 && Parse(output.Result) is { Count: > 0 } devices ? devices : null;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException or IOException)
        {
            return null; // it is not installed
        }
    }
}
