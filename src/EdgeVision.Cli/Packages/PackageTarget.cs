using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeVision.Cli;

/// <summary>A machine that a package can be for, and the program compiled ahead of time for it.</summary>
/// <param name="Name">Its runtime identifier.</param>
/// <param name="Machine">The processor as the heads of its programs name it: e_machine of ELF, Machine of PE.</param>
internal sealed record PackageTarget(string Name, ushort Machine)
{
    private const string OpenCv = "OpenCvSharpExtern";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<PackageTarget> All { get; } = [new("linux-x64", 62), new("linux-arm64", 183), new("win-x64", 0x8664), new("win-arm64", 0xAA64)];

    /// <summary>Those that run shell scripts.</summary>
    public static IReadOnlyList<string> Linux { get; } = [.. All.Where(t => !t.IsWindows).Select(t => t.Name)];

    /// <summary>This machine, where it is one of them.</summary>
    public static string Here => $"{(OperatingSystem.IsWindows() ? "win" : "linux")}-{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "x64")}";

    /// <summary>Whether it is Windows.</summary>
    public bool IsWindows => Name.StartsWith("win", StringComparison.Ordinal);

    /// <summary>The program's file.</summary>
    public string Program => IsWindows ? "edgevision.exe" : "edgevision";

    /// <summary>ONNX Runtime's file.</summary>
    public string OnnxRuntime => IsWindows ? "onnxruntime.dll" : "libonnxruntime.so";

    /// <summary>The target of a name.</summary>
    /// <exception cref="WrongCallException">There is none.</exception>
    public static PackageTarget Parse(string name) =>
        All.FirstOrDefault(t => t.Name == name) ?? throw new WrongCallException($"there is no target '{name}'; use {string.Join(", ", All.Select(t => t.Name))}");

    /// <summary>The program with the native libraries that it needs, out of the folder of a publish; symbols and documentation stay behind.</summary>
    /// <param name="named">The folder; null: where ./build.sh aot leaves it, or this program's own.</param>
    /// <param name="withOpenCv">Whether OpenCV's library, 114 MB, goes along where it is there.</param>
    /// <exception cref="WrongCallException">There is no program for the target, or a library is for another machine.</exception>
    public IReadOnlyList<string> FindProgram(string? named, bool withOpenCv)
    {
        string folder = named ?? (Name == Here && !RuntimeFeature.IsDynamicCodeSupported ? AppContext.BaseDirectory : Path.Combine("artifacts", $"edgevision-{Name}"));
        string program = Path.Combine(folder, Program);
        if (!File.Exists(program))
        {
            throw new WrongCallException($"there is no program for {Name} in '{folder}': write one with ./build.sh aot --rid={Name} in the repository{(IsWindows ? ", on Windows" : "")}, or let --program name its folder");
        }

        string[] libraries = [.. Directory.EnumerateFiles(folder).Where(IsLibrary).Where(p => withOpenCv || !IsOpenCv(p)).Order(StringComparer.Ordinal)];
        return [.. new[] { program }.Concat(libraries).Select(p => MachineOf(p) == Machine ? p : throw new WrongCallException($"'{p}' is no program for {Name}"))];
    }

    /// <summary>Whether a file is OpenCV's library.</summary>
    public static bool IsOpenCv(string path) => Path.GetFileName(path).Contains(OpenCv, StringComparison.Ordinal);

    private bool IsLibrary(string path) =>
        IsWindows ? path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) : Path.GetFileName(path) is var n && (n.EndsWith(".so", StringComparison.Ordinal) || n.Contains(".so.", StringComparison.Ordinal));

    // Bytes 18 and 19 of an ELF file name its processor; in a PE file they follow the signature, whose place stands at byte 60.
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
        return head[..2].SequenceEqual("MZ"u8) && file.ReadAtLeast(signature, 6, throwOnEndOfStream: false) == 6 && signature[..4].SequenceEqual("PE\0\0"u8)
            ? BinaryPrimitives.ReadUInt16LittleEndian(signature[4..]) : (ushort)0;
    }
}
