using System.CommandLine;
using System.Globalization;

namespace EdgeVision.Cli;

/// <summary><c>edgevision profile</c>: which model, at which size, on which provider, meets a budget on this device.</summary>
internal static class ProfileCommand
{
    private static readonly string[] KnownPrecisions = ["fp32", "fp16", "int8", "bf16"];

    public static Command Create()
    {
        var models = new Option<string[]>("--models", "-m") { Description = "Models: files, folders, patterns such as 'models/*.onnx'; several by commas or repeated.", HelpName = "FILES", AllowMultipleArgumentsPerToken = true };
        var spec = Shell.Spec();
        var sizes = new Option<string[]>("--sizes") { Description = "Input sizes for models that leave theirs open: 160,224,320 or 640x384.", HelpName = "SIZES" };
        var batch = new Option<string[]>("--batch") { Description = "Frames a run, for models that leave their batch open: 1,4. 1 by default.", HelpName = "N" };
        var providers = new Option<string[]>("--providers", "--provider") { Description = $"Execution providers to compare: auto, {string.Join(", ", ProviderNames.All)}. One that is named must run the model, or the row says why not. auto by default.", HelpName = "NAMES" };
        var providerOptions = ProviderArguments.ProviderOption();
        var providerLibrary = ProviderArguments.ProviderLibrary();
        var threads = new Option<string[]>("--threads") { Description = "Threads of the network: 1,2. All cores by default.", HelpName = "N" };
        var precision = new Option<string[]>("--precision") { Description = "Variants: fp32 (the model itself), and fp16, int8 or bf16 for the files beside it that are named so (model-fp16.onnx). As it is by default.", HelpName = "NAMES" };
        var duration = PipelineCommand.Duration("--duration", "How long each configuration is measured; 5s by default.");
        var iterations = Shell.Count("--iterations", "How many runs are measured, instead of --duration.");
        var warmup = PipelineCommand.Duration("--warmup", "Longest that is waited for times to settle first; 5s by default.");
        var rate = new Option<string[]>("--rate") { Description = "Let runs arrive at this rate a second (open loop), with the wait in the queue in their times; several by commas, 'max' for as fast as it can (closed loop), the default.", HelpName = "FPS" };
        var arrivals = new Option<string>("--arrivals") { Description = "How runs arrive at a rate: evenly, or at random (a Poisson process, the same each time).", DefaultValueFactory = _ => "evenly" };
        arrivals.AcceptOnlyFromAmong("evenly", "random");
        var frame = new Option<string>("--frame") { Description = "Size of the frames that are shown; 1280x720 by default.", HelpName = "WxH", DefaultValueFactory = _ => "1280x720" };
        var picture = new Option<string?>("--picture") { Description = "Picture to show, stretched to the frame; the model's self-test's, or a drawn pattern, by default.", HelpName = "FILE" };
        var networkOnly = new Option<bool>("--network-only") { Description = "Run the network alone, on random input." };
        var data = new Option<string[]>("--data", "-d") { Description = "Measure accuracy too, on labelled pictures as edgevision eval takes them; 'scenes-*=DIR' for the models of that name. Repeated.", HelpName = "[NAMES=]PATH" };
        var limit = Shell.Count("--data-limit", "Only the first so many pictures.");
        var operators = new Option<int?>("--operators") { Description = "Time operators and nodes too, over N more runs; 20 without a number.", HelpName = "N", Arity = ArgumentArity.ZeroOrOne };
        var trace = new Option<string?>("--trace") { Description = "Write a trace of each configuration for chrome://tracing or Perfetto into this folder.", HelpName = "DIR" };
        var samples = new Option<string?>("--samples") { Description = "Write the times of every measured run into this folder, a CSV for each configuration.", HelpName = "DIR" };
        var noCosts = new Option<bool>("--no-costs") { Description = "Do not count multiply-accumulates and weights." };
        var device = new Option<string?>("--device") { Description = "Name of this device in the results; its own by default.", HelpName = "NAME" };
        var timeout = PipelineCommand.Duration("--timeout", "Longest that a configuration may take in all; 10 minutes more than its measurement by default.");
        var reports = new ProfileReports.Arguments();
        var package = new Option<string?>("--package") { Description = "Measure nothing here: write a .tar.gz with this program for the target, the models and a script that measures there.", HelpName = "FILE" };
        var target = new Option<string>("--target") { Description = $"What the package is for: {string.Join(", ", PackageTarget.Linux)}; this machine by default.", HelpName = "RID", DefaultValueFactory = _ => PackageTarget.Linux.Contains(PackageTarget.Here) ? PackageTarget.Here : PackageTarget.Linux[0] };
        target.AcceptOnlyFromAmong([.. PackageTarget.Linux]);
        var program = new Option<string?>("--program") { Description = "Folder with the program compiled for the target, as ./build.sh aot writes it; artifacts/edgevision-RID by default.", HelpName = "DIR" };
        var verbose = Shell.Verbose();
        var command = new Command("profile",
            """
            Measures models: load, first run, percentiles with the whole tail, stages, throughput, memory, processor, temperature and energy, operators,
            accuracy; each configuration in a process of its own. Says which are on the front of accuracy against latency, and which to take for a budget.

            Examples:
              edgevision profile --models 'models/*.onnx' --threads 1,2 --html profile.html
              edgevision profile --models 'models/shelves-*.onnx' --data samples/shelves --budget p99=15ms,memory=200MB
              edgevision profile --models yolov8n.onnx --rate 30 --operators --trace traces
              edgevision profile --models models --package there.tar.gz --target linux-arm64
              edgevision profile import here.json there.json --html both.html
              edgevision profile compare before.json after.json --fail-on-regression
            """)
        {
            models, spec, sizes, batch, providers, providerOptions, providerLibrary, threads, precision, duration, iterations, warmup, rate, arrivals, frame, picture, networkOnly, data, limit, operators, trace, samples, noCosts, device, timeout,
        };
        reports.AddTo(command);
        command.Add(package);
        command.Add(target);
        command.Add(program);
        command.Add(verbose);
        command.Add(ProfileImportCommand.Create());
        command.Add(ProfileCompareCommand.Create());
        command.SetAction((parse, cancel) => Shell.Guard(parse.GetValue(verbose), async () =>
        {
            string[] named = Split(parse.GetValue(models));
            if (named.Length == 0)
            {
                throw new WrongCallException("--models says what is measured: files, folders or patterns");
            }

            var runFor = parse.GetValue(duration) ?? TimeSpan.FromSeconds(5);
            var (width, height) = ProfilePlan.ParseSize(parse.GetValue(frame)!) ?? throw new WrongCallException($"--frame is a size such as 1280x720; '{parse.GetValue(frame)}' is not");
            bool timed = parse.GetResult(operators) is { Implicit: false };
            string[] known = Split(parse.GetValue(precision));
            if (known.FirstOrDefault(p => !KnownPrecisions.Contains(p)) is { } unknown)
            {
                throw new WrongCallException($"precision '{unknown}' is not known; use {string.Join(", ", KnownPrecisions)}");
            }

            if (parse.GetValue(picture) is { } shown)
            {
                Shell.MustExist(shown, "picture");
            }

            var call = new ProfileCall
            {
                Models = named,
                Spec = parse.GetValue(spec),
                Sizes = [.. Split(parse.GetValue(sizes)).Select(s => ProfilePlan.ParseSize(s) ?? throw new WrongCallException($"--sizes are sides such as 224 or 640x384; '{s}' is none"))],
                Batches = Numbers(parse.GetValue(batch), "--batch", 1, 4096) is { Length: > 0 } b ? b : [1],
                Providers = Providers(parse.GetValue(providers)),
                ProviderOptions = ProviderArguments.Options(parse.GetValue(providerOptions)),
                ProviderLibrary = ProviderArguments.Library(parse.GetValue(providerLibrary)),
                Threads = Numbers(parse.GetValue(threads), "--threads", 1, 1024) is { Length: > 0 } t ? t : [Environment.ProcessorCount],
                ThreadsGiven = parse.GetValue(threads) is { Length: > 0 },
                Precisions = known,
                Rates = Rates(parse.GetValue(rate)),
                Picture = parse.GetValue(picture),
                Data = parse.GetValue(data) ?? [],
                DataLimit = parse.GetValue(limit),
                TraceFolder = parse.GetValue(trace),
                SamplesFolder = parse.GetValue(samples),
                RandomArrivals = parse.GetValue(arrivals) == "random",
                Timeout = parse.GetValue(timeout) ?? 2 * runFor + TimeSpan.FromMinutes(10),
                Options = new ProfileOptions
                {
                    Duration = runFor,
                    Iterations = parse.GetValue(iterations),
                    WarmUp = parse.GetValue(warmup) ?? TimeSpan.FromSeconds(5),
                    NetworkOnly = parse.GetValue(networkOnly),
                    FrameWidth = width,
                    FrameHeight = height,
                    OperatorRuns = timed ? parse.GetValue(operators) ?? 20 : 0,
                    CountCosts = !parse.GetValue(noCosts),
                    Device = parse.GetValue(device),
                },
            };
            var (written, budgets) = reports.Read(parse); // before anything is measured
            if (parse.GetValue(package) is { } file)
            {
                ProfilePackage.Write(file, parse.GetValue(target)!, parse.GetValue(program), call, Console.Out, cancel);
                return ExitCode.Done;
            }

            return await Run(call, written, budgets, cancel);
        }));
        return command;
    }

    private static async Task<int> Run(ProfileCall call, ProfileReports reports, IReadOnlyList<ProfileBudget> budgets, CancellationToken cancel)
    {
        foreach (string folder in new[] { call.TraceFolder, call.SamplesFolder }.OfType<string>())
        {
            Directory.CreateDirectory(folder);
        }

        var runner = new ProfileRunner(call, Console.Error);
        var kept = new ProfileReports(reports.Json is "-" ? null : reports.Json, null, null, null);
        try
        {
            // After every row, so that what was measured is there whatever comes.
            await runner.Run(() => kept.Write(runner.Rows, []), cancel);
        }
        finally
        {
            if (runner.Rows.Count > 0)
            {
                reports.Write(runner.Rows, budgets);
                reports.Print(runner.Rows, budgets);
                OperatorTable.Write(reports.TakesStandardOutput ? Console.Error : Console.Out, runner.Rows);
            }
        }

        return runner.Rows.Any(r => r.Error is not null) ? ExitCode.Failed : ExitCode.Done;
    }

    private static string[] Split(string[]? values) =>
        [.. (values ?? []).SelectMany(v => File.Exists(v) ? [v] : v.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    private static int[] Numbers(string[]? values, string name, int least, int most) =>
        [.. Split(values).Select(v => int.TryParse(v, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n >= least && n <= most ? n : throw new WrongCallException($"{name} are numbers from {least} to {most}; '{v}' is none")).Distinct()];

    private static string[] Providers(string[]? values)
    {
        string[] names = [.. Split(values).Select(n => n.ToLowerInvariant()).Distinct()];
        foreach (string name in names.Where(n => n != "auto"))
        {
            ProviderArguments.Policy([name], require: false); // says which there are
        }

        return names.Length > 0 ? names : ["auto"];
    }

    private static double?[] Rates(string[]? values)
    {
        double?[] rates = [.. Split(values).Select(v => v == "max" ? (double?)null
            : double.TryParse(v, NumberStyles.Float, CultureInfo.InvariantCulture, out double rate) && rate is > 0 and <= 1e6 ? rate
            : throw new WrongCallException($"--rate is a number above 0, or max; '{v}' is neither"))];
        return rates.Length > 0 ? [.. rates.Distinct()] : [null];
    }
}
