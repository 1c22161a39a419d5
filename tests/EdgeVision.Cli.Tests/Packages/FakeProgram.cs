namespace EdgeVision.Cli.Tests.Packages;

/// <summary>The folder of a publish, with files that are programs by their heads alone.</summary>
internal static class FakeProgram
{
    public const ushort X64 = 62, Arm64 = 183, WindowsX64 = 0x8664;

    /// <summary>Writes a program, ONNX Runtime's library, and symbols and documentation as a publish leaves them.</summary>
    public static string Write(string folder, ushort machine)
    {
        Directory.CreateDirectory(folder);
        bool windows = machine == WindowsX64;
        byte[] head = windows ? Pe(machine) : Elf(machine);
        File.WriteAllBytes(Path.Combine(folder, windows ? "edgevision.exe" : "edgevision"), head);
        File.WriteAllBytes(Path.Combine(folder, windows ? "onnxruntime.dll" : "libonnxruntime.so"), head);
        foreach (string left in (string[])["edgevision.dbg", "EdgeVision.pdb", "EdgeVision.xml", "EdgeVision.Cli"])
        {
            File.WriteAllBytes(Path.Combine(folder, left), [1]);
        }

        return folder;
    }

    public static byte[] Elf(ushort machine)
    {
        byte[] file = new byte[64];
        "\u007fELF"u8.CopyTo(file);
        (file[18], file[19]) = ((byte)machine, (byte)(machine >> 8));
        return file;
    }

    private static byte[] Pe(ushort machine)
    {
        byte[] file = new byte[128];
        "MZ"u8.CopyTo(file);
        file[60] = 64;
        "PE\0\0"u8.CopyTo(file.AsSpan(64));
        (file[68], file[69]) = ((byte)machine, (byte)(machine >> 8));
        return file;
    }
}
