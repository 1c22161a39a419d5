using System.CommandLine;
using EdgeVision.Cli.Profiling;
using EdgeVision.Profiling.Measurement;

namespace EdgeVision.Cli.GpuCheck;

/// <summary><c>edgevision gpu-check</c>: compares the results of models on a device with the CPU's, and times them.</summary>
/// <remarks>Called by tools/gpu-check. Adds the times of PyTorch if gpu_check_torch.py has measured them.</remarks>
internal static class GpuCheckCommand
{
    public static Command Create()
    {
        var models = new Option<string[]>("--models", "-m")
        {
            Description = "Models: files, folders or patterns, separated by commas; repeatable.",
            HelpName = "FILES",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var device = new Option<string>("--device")
        {
            Description = $"Execution provider to check: {string.Join(", ", ProviderNames.All)}.",
            HelpName = "NAME",
            DefaultValueFactory = _ => "cuda",
        };
        var options = ProviderArguments.ProviderOption();
        var library = ProviderArguments.ProviderLibraryOption();
        var runs = CommandHelpers.CountOption("--runs", "Measured runs in each mode. [default: 200]");
        var warmup = CommandHelpers.CountOption("--warmup", "Warm-up runs in each mode. [default: 50]");
        var torch = new Option<string?>("--torch")
        {
            Description = "Times that gpu_check_torch.py measured, to compare with.",
            HelpName = "FILE",
        };
        var list = new Option<string?>("--list")
        {
            Description = "Only write the list of architectures, for gpu_check_torch.py; - for standard output.",
            HelpName = "FILE|-",
        };
        var output = new Option<string>("--out")
        {
            Description = "Folder for gpu-check.json and gpu-check.md.",
            HelpName = "DIR",
            DefaultValueFactory = _ => ".",
        };
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("gpu-check", "Compares the results of models on a device with the CPU's, and measures their times.")
        {
            models, device, options, library, runs, warmup, torch, list, output, verbose,
        };
        command.Hidden = true; // for tools/gpu-check
        command.SetAction((parse, cancel) => Task.FromResult(CommandHelpers.Guard(parse.GetValue(verbose), () =>
        {
            string[] files = ProfilePlan.FindFiles(parse.GetValue(models)!
                .SelectMany(m => m.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
            if (parse.GetValue(list) is { } to)
            {
                GpuCheckReport.WriteList(to, files);
                return ExitCode.Success;
            }

            var beside = parse.GetValue(torch) is { } file ? TorchTimes.Read(file) : null; // read before the measurement, to fail early
            var check = new DeviceCheckOptions
            {
                Provider = Named(parse.GetValue(device)!),
                ProviderOptions = ProviderArguments.ParseOptions(parse.GetValue(options)),
                ProviderLibrary = ProviderArguments.RequireLibrary(parse.GetValue(library)),
                Runs = parse.GetValue(runs) ?? 200,
                WarmUp = parse.GetValue(warmup) ?? 50,
                Warning = text => Console.Error.WriteLine($"edgevision: {text}"),
            };
            Directory.CreateDirectory(parse.GetValue(output)!);
            return Run(files, check, beside, parse.GetValue(output)!, cancel);
        })));
        return command;
    }

    private static int Run(string[] files, DeviceCheckOptions check, TorchTimes? torch, string folder, CancellationToken cancel)
    {
        var rows = new List<DeviceCheckRow>();
        foreach (string file in files)
        {
            cancel.ThrowIfCancellationRequested();
            Console.Error.WriteLine($"edgevision: {Path.GetFileNameWithoutExtension(file)} ({rows.Count + 1} of {files.Length})");
            rows.Add(DeviceCheck.Run(file, check));
            GpuCheckReport.Write(folder, check, rows, torch); // after every model, so that nothing is lost if a later one fails
        }

        Console.Write(GpuCheckReport.Table(check, rows, torch));
        Console.WriteLine($"written: {Path.Combine(folder, "gpu-check.json")}, {Path.Combine(folder, "gpu-check.md")}");
        return rows.TrueForAll(r => r.IsMatch) ? ExitCode.Success : ExitCode.Failure;
    }

    private static Provider Named(string name)
    {
        try
        {
            return ProviderNames.Parse(name);
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
