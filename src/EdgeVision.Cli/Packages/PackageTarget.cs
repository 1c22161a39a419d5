using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeVision.Cli.Packages;

/// <summary>Target machine of a package, and the program compiled ahead of time for it.</summary>
/// <param name="Name">Runtime identifier, such as linux-arm64.</param>
/// <param name="MachineCode">Processor code in the header of its programs: e_machine of ELF, Machine of PE.</param>
internal sealed record PackageTarget(string Name, ushort MachineCode)
{
    private const string OpenCv = "OpenCvSharpExtern";

    /// <summary>Gets all targets.</summary>
    public static IReadOnlyList<PackageTarget> All { get; } =
        [new("linux-x64", 62), new("linux-arm64", 183), new("win-x64", 0x8664), new("win-arm64", 0xAA64)];

    /// <summary>Gets the names of the targets that can run shell scripts.</summary>
    public static IReadOnlyList<string> LinuxNames { get; } = [.. All.Where(t => !t.IsWindows).Select(t => t.Name)];

    /// <summary>Gets the runtime identifier of this machine.</summary>
    public static string Current
    {
        get
        {
            string system = OperatingSystem.IsWindows() ? "win" : "linux";
            return $"{system}-{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "x64")}";
        }
    }

    /// <summary>Gets whether the target runs Windows.</summary>
    public bool IsWindows => Name.StartsWith("win", StringComparison.Ordinal);

    /// <summary>Gets the file name of the program.</summary>
    public string Program => IsWindows ? "edgevision.exe" : "edgevision";

    /// <summary>Gets the file name of the ONNX Runtime library.</summary>
    public string OnnxRuntime => IsWindows ? "onnxruntime.dll" : "libonnxruntime.so";

    /// <summary>Returns the target of a name.</summary>
    /// <exception cref="UsageException">The name is unknown.</exception>
    public static PackageTarget Parse(string name) => All.FirstOrDefault(t => t.Name == name)
        ?? throw new UsageException($"target must be one of {string.Join(", ", All.Select(t => t.Name))}; got '{name}'");

    /// <summary>Returns the files of the program and of the native libraries that it needs, from a publish folder.</summary>
    /// <remarks>Symbols and documentation are left out.</remarks>
    /// <param name="named">Publish folder; null for the one that ./build.sh aot writes, or that of this program.</param>
    /// <param name="withOpenCv">True to include OpenCV's library (114 MB) if it exists.</param>
    /// <exception cref="UsageException">There is no program for the target, or a library is for another machine.</exception>
    public IReadOnlyList<string> FindProgram(string? named, bool withOpenCv)
    {
        string folder = named ?? (Name == Current && !RuntimeFeature.IsDynamicCodeSupported
            ? AppContext.BaseDirectory
            : Path.Combine("artifacts", $"edgevision-{Name}"));
        string program = Path.Combine(folder, Program);
        if (!File.Exists(program))
        {
            throw new UsageException(
                $"there is no program for {Name} in '{folder}': build one with ./build.sh aot --rid={Name} in the repository"
                + $"{(IsWindows ? ", on Windows" : "")}, or give its folder with --program");
        }

        string[] libraries =
            [.. Directory.EnumerateFiles(folder).Where(IsLibrary).Where(p => withOpenCv || !IsOpenCv(p)).Order(StringComparer.Ordinal)];
        return
        [
            .. new[] { program }.Concat(libraries)
                .Select(p => MachineOf(p) == MachineCode ? p : throw new UsageException($"'{p}' is not a program for {Name}")),
        ];
    }

    /// <summary>Returns whether a file is OpenCV's library.</summary>
    public static bool IsOpenCv(string path) => Path.GetFileName(path).Contains(OpenCv, StringComparison.Ordinal);

    private bool IsLibrary(string path) => IsWindows
        ? path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)
        : Path.GetFileName(path) is var n && (n.EndsWith(".so", StringComparison.Ordinal) || n.Contains(".so.", StringComparison.Ordinal));

    // ELF: the processor code is at bytes 18 and 19. PE: it follows the signature, whose offset is at byte 60.
    private ushort MachineOf(string path)
    {
        Span<byte> head = stackalloc byte[64];
        using var file = File.OpenRead(path);
        if (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length)
        {
            return 0;
        }

        if (!IsWindows)
        {
            return head[..4].SequenceEqual("\u007fELF"u8) ? BinaryPrimitives.ReadUInt16LittleEndian(head[18..]) : (ushort)0;
        }

        Span<byte> signature = stackalloc byte[6];
        file.Position = BinaryPrimitives.ReadUInt32LittleEndian(head[60..]);
        return head[..2].SequenceEqual("MZ"u8)
            && file.ReadAtLeast(signature, 6, throwOnEndOfStream: false) == 6
            && signature[..4].SequenceEqual("PE\0\0"u8)
            ? BinaryPrimitives.ReadUInt16LittleEndian(signature[4..])
            : (ushort)0;
    }
}
