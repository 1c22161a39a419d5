using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text;
using EdgeVision.Diagnostics;
using EdgeVision.Inference;

namespace EdgeVision.Profiling.Sensors;

/// <summary>Describes this machine and this build.</summary>
public static class MachineInfo
{
    /// <summary>Environment variable that, if set to 1, declares this machine as emulated.</summary>
    public const string EmulatedVariable = "EDGEVISION_EMULATED";

    /// <summary>Version of EdgeVision.</summary>
    public static string Version { get; } = typeof(MachineInfo).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>Version of .NET, and whether the program was compiled ahead of time.</summary>
    public static string Dotnet { get; } =
        RuntimeInformation.FrameworkDescription + (RuntimeFeature.IsDynamicCodeSupported ? "" : ", ahead of time");

    /// <summary>Instruction sets that the kernels use, such as "SSE4.2, AVX2, FMA".</summary>
    public static string Kernels { get; } = FindKernels();

    /// <summary>Reads the properties of this machine.</summary>
    /// <exception cref="EdgeVisionException">The native ONNX Runtime library is missing.</exception>
    public static ProfileMachine Read() =>
        Read("/", RuntimeInformation.ProcessArchitecture, RuntimeInformation.OSArchitecture, OrtLibrary.Version);

    internal static ProfileMachine Read(string root, Architecture process, Architecture system, string onnxRuntime)
    {
        string sys = Path.Combine(root, "sys"), proc = Path.Combine(root, "proc");
        var machine = new ProfileMachine
        {
            Cpu = CpuInfoParser.ParseName(AllText(Path.Combine(proc, "cpuinfo")))
                ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
                ?? "unknown",
            Cores = Environment.ProcessorCount,
            Architecture = process.ToString().ToLowerInvariant(),
            Kernels = Kernels,
            Board = SensorFile.ReadFirstLine(Path.Combine(proc, "device-tree/model")) ?? Board(Path.Combine(sys, "class/dmi/id")),
            MemoryMb = Math.Round(MemoryBytes(AllText(Path.Combine(proc, "meminfo"))) * 1e-6, 1),
            System = RuntimeInformation.OSDescription,
            Governor = SensorFile.ReadFirstLine(Path.Combine(sys, "devices/system/cpu/cpu0/cpufreq/scaling_governor")),
            Emulated = IsEmulated(process, system, Path.Combine(root, "bin/sh"), Environment.GetEnvironmentVariable(EmulatedVariable)),
            EdgeVision = Version,
            OnnxRuntime = onnxRuntime,
            Dotnet = Dotnet,
        };
        return machine with { Fingerprint = ComputeFingerprint(machine) };
    }

    /// <summary>Returns 16 hexadecimal digits that identify processor, memory, system and versions.</summary>
    /// <remarks>
    /// The frequency governor is not included, and memory is rounded to a quarter of a GB, because the part reserved by the kernel varies.
    /// </remarks>
    public static string ComputeFingerprint(ProfileMachine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        string text = string.Join(
            '\n',
            machine.Cpu,
            machine.Cores.ToString(CultureInfo.InvariantCulture),
            machine.Architecture,
            machine.Kernels,
            machine.Board ?? "",
            Math.Round(machine.MemoryMb / 250).ToString(CultureInfo.InvariantCulture),
            machine.System,
            machine.Emulated ? "emulated" : "",
            machine.EdgeVision,
            machine.OnnxRuntime,
            machine.Dotnet);
        return Checksum.ComputeHex(Encoding.UTF8.GetBytes(text))[..16];
    }

    // Under user-mode emulation (qemu-user) the process sees the emulated processor everywhere, but programs of the host are the host's.
    internal static bool IsEmulated(Architecture process, Architecture system, string shell, string? variable)
    {
        // Processors run their 32-bit variant natively.
        bool narrower = (process, system) is (Architecture.X86, Architecture.X64) or (Architecture.Arm, Architecture.Arm64);
        return variable == "1" || process != system && !narrower
            || ElfMachine(shell) is { } host && host != process
                && (process, host) is not ((Architecture.X86, Architecture.X64) or (Architecture.Arm, Architecture.Arm64));
    }

    // ELF header: magic at 0, byte order at 5 (1 little), e_machine at 18.
    private static Architecture? ElfMachine(string path)
    {
        Span<byte> header = stackalloc byte[20];
        try
        {
            using var file = File.OpenHandle(path);
            if (RandomAccess.Read(file, header, 0) < header.Length || !header.StartsWith("\u007fELF"u8) || header[5] != 1)
            {
                return null;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return (header[18] | header[19] << 8) switch
        {
            3 => Architecture.X86,
            40 => Architecture.Arm,
            62 => Architecture.X64,
            183 => Architecture.Arm64,
            243 => Architecture.RiscV64,
            _ => null,
        };
    }

    private static string? Board(string folder)
    {
        string?[] parts = [SensorFile.ReadFirstLine(Path.Combine(folder, "sys_vendor")), SensorFile.ReadFirstLine(Path.Combine(folder, "product_name"))];
        string board = string.Join(' ', parts.Where(p => p is not null));
        return board.Length > 0 ? board : null;
    }

    private static double MemoryBytes(string memInfo)
    {
        foreach (string line in memInfo.Split('\n'))
        {
            if (line.StartsWith("MemTotal:", StringComparison.Ordinal)
                && SensorFile.ReadNumber(Encoding.ASCII.GetBytes(line["MemTotal:".Length..])) is { } kib)
            {
                return kib * 1024.0;
            }
        }

        return GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
    }

    private static string AllText(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string FindKernels()
    {
        var found = new List<string>();
        void Add(bool supported, string name)
        {
            if (supported)
            {
                found.Add(name);
            }
        }

        Add(Sse42.IsSupported, "SSE4.2");
        Add(Avx2.IsSupported, "AVX2");
        Add(Fma.IsSupported, "FMA");
        Add(Avx512BW.IsSupported, "AVX-512");
        Add(AdvSimd.IsSupported, "NEON");
        Add(Dp.IsSupported, "dot product");
        Add(Vector128.IsHardwareAccelerated && found.Count == 0, "128-bit vectors");
        return found.Count > 0 ? string.Join(", ", found) : "scalar";
    }
}
