using System.CommandLine;
using System.Runtime.InteropServices;

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
        Console.WriteLine($"edgevision {MachineInfo.Version}, {MachineInfo.Dotnet}");
        Console.WriteLine($"system     {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
        Console.WriteLine(FormattableString.Invariant($"machine    {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1073741824.0:F1} GiB of memory"));
        Console.WriteLine($"kernels    {MachineInfo.Kernels}");
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
}
