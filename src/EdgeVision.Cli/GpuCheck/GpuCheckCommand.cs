using System.CommandLine;

namespace EdgeVision.Cli;

/// <summary>
/// <c>edgevision gpu-check</c>, which tools/gpu-check calls: models on a device beside the CPU's results, with times in each way to run them, and PyTorch's
/// where its script has measured them.
/// </summary>
internal static class GpuCheckCommand
{
    public static Command Create()
    {
        var models = new Option<string[]>("--models", "-m") { Description = "Models: files, folders, patterns; several by commas or repeated.", HelpName = "FILES", Required = true, AllowMultipleArgumentsPerToken = true };
        var device = new Option<string>("--device") { Description = $"Provider to check: {string.Join(", ", ProviderNames.All)}.", HelpName = "NAME", DefaultValueFactory = _ => "cuda" };
        var options = ProviderArguments.ProviderOption();
        var library = ProviderArguments.ProviderLibrary();
        var runs = Shell.Count("--runs", "Runs that are measured in each way; 200 by default.");
        var warmup = Shell.Count("--warmup", "Runs before them; 50 by default.");
        var torch = new Option<string?>("--torch") { Description = "What gpu_check_torch.py measured, to stand beside.", HelpName = "FILE" };
        var list = new Option<string?>("--list") { Description = "Only write which architectures there are, for gpu_check_torch.py.", HelpName = "FILE|-" };
        var output = new Option<string>("--out") { Description = "Folder for gpu-check.json and gpu-check.md.", HelpName = "DIR", DefaultValueFactory = _ => "." };
        var verbose = Shell.Verbose();
        var command = new Command("gpu-check", "Checks models on a device against the CPU's results, and measures them there.") { models, device, options, library, runs, warmup, torch, list, output, verbose };
        command.Hidden = true; // for tools/gpu-check
        command.SetAction((parse, cancel) => Task.FromResult(Shell.Guard(parse.GetValue(verbose), () =>
        {
            string[] files = ProfilePlan.Files(parse.GetValue(models)!.SelectMany(m => m.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
            if (parse.GetValue(list) is { } to)
            {
                GpuCheckReport.WriteList(to, files);
                return ExitCode.Done;
            }

            var beside = parse.GetValue(torch) is { } file ? TorchTimes.Read(file) : null; // before anything is measured
            var check = new DeviceCheckOptions
            {
                Provider = Named(parse.GetValue(device)!),
                ProviderOptions = ProviderArguments.Options(parse.GetValue(options)),
                ProviderLibrary = ProviderArguments.Library(parse.GetValue(library)),
                Runs = parse.GetValue(runs) ?? 200,
                WarmUp = parse.GetValue(warmup) ?? 50,
                Notice = text => Console.Error.WriteLine($"edgevision: {text}"),
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
            GpuCheckReport.Write(folder, check, rows, torch); // what was measured is there whatever comes
        }

        Console.Write(GpuCheckReport.Table(check, rows, torch));
        Console.WriteLine($"written: {Path.Combine(folder, "gpu-check.json")}, {Path.Combine(folder, "gpu-check.md")}");
        return rows.TrueForAll(r => r.Agrees) ? ExitCode.Done : ExitCode.Failed;
    }

    private static Provider Named(string name)
    {
        try
        {
            return ProviderNames.Parse(name);
        }
        catch (ArgumentException e)
        {
            throw new WrongCallException(e.Message);
        }
    }
}
