using System.CommandLine;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace EdgeVision.Cli;

/// <summary><c>edgevision doctor</c>: what this machine offers.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var verbose = Shell.Verbose();
        var command = new Command("doctor", "Shows what this machine and this build offer: processor, memory, ONNX Runtime and its providers.") { verbose };
        command.SetAction((parse, _) => Task.FromResult(Shell.Guard(parse.GetValue(verbose), Run)));
        return command;
    }

    private static int Run()
    {
        Console.WriteLine($"edgevision {typeof(VisionModel).Assembly.GetName().Version?.ToString(3)}, {RuntimeInformation.FrameworkDescription}{(System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported ? "" : ", ahead of time")}");
        Console.WriteLine($"system     {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
        Console.WriteLine(FormattableString.Invariant($"machine    {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1073741824.0:F1} GiB of memory"));
        Console.WriteLine($"kernels    {Kernels()}");
        string? custom = Environment.GetEnvironmentVariable(OrtLibrary.PathVariable);
        Console.WriteLine($"ONNX Runtime {OrtLibrary.Version} from {(OrtLibrary.CustomPath ?? "this build")}{(custom is null ? "" : $" ({OrtLibrary.PathVariable}={custom})")}");
        var available = OrtLibrary.AvailableProviders;
        foreach (var provider in Enum.GetValues<Provider>())
        {
            bool there = available.Contains(provider.OrtName());
            Console.WriteLine($"  {(there ? "yes" : "no "),-4} {provider.Name(),-10} {(there ? "in this library" : provider switch
            {
                Provider.Cuda or Provider.TensorRt => "build with -p:EdgeVisionNative=Cuda",
                Provider.DirectMl => "build with -p:EdgeVisionNative=DirectML, on Windows",
                _ => $"build with -p:EdgeVisionNative=None and let {OrtLibrary.PathVariable} name a library that has it",
            })}");
        }

        Console.WriteLine($"decoders   {string.Join(", ", DecoderFactory.Names)}");
        return ExitCode.Done;
    }

    private static string Kernels()
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
