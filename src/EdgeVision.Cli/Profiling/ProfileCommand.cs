using System.CommandLine;
using System.Globalization;
using EdgeVision.Cli.Packages;
using EdgeVision.Cli.Pipelines;
using EdgeVision.Profiling;
using EdgeVision.Profiling.Selection;

namespace EdgeVision.Cli.Profiling;

/// <summary><c>edgevision profile</c>: measures models in many configurations, and picks those that meet a budget.</summary>
internal static class ProfileCommand
{
    private static readonly string[] KnownPrecisions = ["fp32", "fp16", "int8", "bf16"];

    public static Command Create()
    {
        var models = new Option<string[]>("--models", "-m")
        {
            Description = "Models: files, folders or patterns such as 'models/*.onnx', separated by commas; repeatable.",
            HelpName = "FILES",
            AllowMultipleArgumentsPerToken = true,
        };
        var spec = CommandHelpers.SpecOption();
        var sizes = new Option<string[]>("--sizes")
        {
            Description = "Input sizes in pixels for models with a dynamic input size, separated by commas, such as 160,224,320 or "
                + "640x384. [default: from the spec]",
            HelpName = "SIZES",
        };
        var batch = new Option<string[]>("--batch")
        {
            Description = "Batch sizes for models with a dynamic batch, 1 to 4096, separated by commas, such as 1,4. [default: 1]",
            HelpName = "N",
        };
        var providers = new Option<string[]>("--providers", "--provider")
        {
            Description = $"Execution providers to compare, separated by commas: auto, {string.Join(", ", ProviderNames.All)}. A provider "
                + "named here must run the model, or its row fails with the reason. [default: auto]",
            HelpName = "NAMES",
        };
        var providerOptions = ProviderArguments.ProviderOption();
        var providerLibrary = ProviderArguments.ProviderLibraryOption();
        var threads = new Option<string[]>("--threads")
        {
            Description = "Numbers of inference threads, 1 to 1024, separated by commas, such as 1,2. [default: all cores]",
            HelpName = "N",
        };
        var precision = new Option<string[]>("--precision")
        {
            Description = "Precisions to compare, separated by commas: fp32 (the model itself), and fp16, int8 or bf16 (files beside it "
                + "such as model-fp16.onnx). [default: only the model itself]",
            HelpName = "NAMES",
        };
        var duration = PipelineCommand.DurationOption("--duration", "Time to measure each configuration. [default: 5s]");
        var iterations = CommandHelpers.CountOption("--iterations", "Number of runs to measure, instead of --duration.");
        var warmup = PipelineCommand.DurationOption(
            "--warmup", "Maximum time of the warm-up, which ends when the times are steady. [default: 5s]");
        var rate = new Option<string[]>("--rate")
        {
            Description = "Rates to compare, separated by commas: runs per second that arrive from outside (open loop; times include the "
                + "wait in the queue), or 'max' for one run after another (closed loop). [default: max]",
            HelpName = "FPS",
        };
        var arrivals = new Option<string>("--arrivals")
        {
            Description = "How runs arrive at --rate: evenly, or random (a Poisson process with a fixed seed).",
            DefaultValueFactory = _ => "evenly",
        };
        arrivals.AcceptOnlyFromAmong("evenly", "random");
        var frame = new Option<string>("--frame")
        {
            Description = "Size of the input frames in pixels.",
            HelpName = "WxH",
            DefaultValueFactory = _ => "1280x720",
        };
        var picture = new Option<string?>("--picture")
        {
            Description = "Image to run on, scaled to the frame size. [default: the image of the model's self-test, or a test pattern]",
            HelpName = "FILE",
        };
        var networkOnly = new Option<bool>("--network-only") { Description = "Run only the network, on random input." };
        var data = new Option<string[]>("--data", "-d")
        {
            Description = "Also measure accuracy on labelled images, as for edgevision eval; 'scenes-*=DIR' applies to models with "
                + "matching names. Repeatable.",
            HelpName = "[NAMES=]PATH",
        };
        var limit = CommandHelpers.CountOption("--data-limit", "Evaluate accuracy only on the first N images. [default: all]");
        var operators = new Option<int?>("--operators")
        {
            Description = "Also measure the time of operators and nodes, over N more runs; 20 if N is omitted.",
            HelpName = "N",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var trace = new Option<string?>("--trace")
        {
            Description = "Write a trace of each configuration, for chrome://tracing or Perfetto, into this folder.",
            HelpName = "DIR",
        };
        var samples = new Option<string?>("--samples")
        {
            Description = "Write the times of every measured run into this folder, one CSV file per configuration.",
            HelpName = "DIR",
        };
        var noCosts = new Option<bool>("--no-costs") { Description = "Do not count multiply-accumulates (MACs) and parameters." };
        var device = new Option<string?>("--device")
        {
            Description = "Name of this device in the results. [default: the machine's]",
            HelpName = "NAME",
        };
        var timeout = PipelineCommand.DurationOption(
            "--timeout", "Maximum time of a configuration as a whole. [default: twice --duration plus 10 minutes]");
        var reports = new ProfileReports.Arguments();
        var package = new Option<string?>("--package")
        {
            Description = "Measure nothing on this machine: write a .tar.gz with the program for --target, the models and a script that "
                + "measures on the target.",
            HelpName = "FILE",
        };
        var target = new Option<string>("--target")
        {
            Description = $"Target of --package: {string.Join(", ", PackageTarget.LinuxNames)}.",
            HelpName = "RID",
            DefaultValueFactory = _ => PackageTarget.LinuxNames.Contains(PackageTarget.Current) ? PackageTarget.Current : PackageTarget.LinuxNames[0],
        };
        target.AcceptOnlyFromAmong([.. PackageTarget.LinuxNames]);
        var program = new Option<string?>("--program")
        {
            Description = "Folder of the program compiled for the target, as ./build.sh aot writes it. [default: artifacts/edgevision-RID]",
            HelpName = "DIR",
        };
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("profile",
            """
            Measures models: load time, first run, latency percentiles, stages, throughput, memory, processor load, temperature, energy,
            operators and accuracy, each configuration in a separate process. Marks the Pareto front of accuracy and latency, and picks the
            best configuration for a budget.

            Examples:
              edgevision profile --models 'models/*.onnx' --threads 1,2 --html profile.html
              edgevision profile --models 'models/shelves-*.onnx' --data samples/shelves --budget p99=15ms,memory=200MB
              edgevision profile --models yolov8n.onnx --rate 30 --operators --trace traces
              edgevision profile --models models --package there.tar.gz --target linux-arm64
              edgevision profile import here.json there.json --html both.html
              edgevision profile compare before.json after.json --fail-on-regression
            """)
        {
            models, spec, sizes, batch, providers, providerOptions, providerLibrary, threads, precision, duration, iterations, warmup, rate,
            arrivals, frame, picture, networkOnly, data, limit, operators, trace, samples, noCosts, device, timeout,
        };
        reports.AddTo(command);
        command.Add(package);
        command.Add(target);
        command.Add(program);
        command.Add(verbose);
        command.Add(ProfileImportCommand.Create());
        command.Add(ProfileCompareCommand.Create());
        command.SetAction((parse, cancel) => CommandHelpers.Guard(parse.GetValue(verbose), async () =>
        {
            string[] named = Split(parse.GetValue(models));
            if (named.Length == 0)
            {
                throw new UsageException("nothing to measure; give --models with files, folders or patterns");
            }

            var runFor = parse.GetValue(duration) ?? TimeSpan.FromSeconds(5);
            var (width, height) = ProfilePlan.ParseSize(parse.GetValue(frame)!)
                ?? throw new UsageException($"--frame must be a size in pixels such as 1280x720; got '{parse.GetValue(frame)}'");
            bool timed = parse.GetResult(operators) is { Implicit: false };
            string[] known = Split(parse.GetValue(precision));
            if (known.FirstOrDefault(p => !KnownPrecisions.Contains(p)) is { } unknown)
            {
                throw new UsageException($"--precision must be one of {string.Join(", ", KnownPrecisions)}; got '{unknown}'");
            }

            if (parse.GetValue(picture) is { } shown)
            {
                CommandHelpers.RequireFile(shown, "image");
            }

            var call = new ProfileArguments
            {
                Models = named,
                Spec = parse.GetValue(spec),
                Sizes =
                [
                    .. Split(parse.GetValue(sizes)).Select(s => ProfilePlan.ParseSize(s)
                        ?? throw new UsageException($"--sizes must be sizes in pixels such as 224 or 640x384; got '{s}'")),
                ],
                Batches = Numbers(parse.GetValue(batch), "--batch", 1, 4096) is { Length: > 0 } b ? b : [1],
                Providers = Providers(parse.GetValue(providers)),
                ProviderOptions = ProviderArguments.ParseOptions(parse.GetValue(providerOptions)),
                ProviderLibrary = ProviderArguments.RequireLibrary(parse.GetValue(providerLibrary)),
                Threads = Numbers(parse.GetValue(threads), "--threads", 1, 1024) is { Length: > 0 } t ? t : [Environment.ProcessorCount],
                ThreadsGiven = parse.GetValue(threads) is { Length: > 0 },
                Precisions = known,
                Rates = Rates(parse.GetValue(rate)),
                ImagePath = parse.GetValue(picture),
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
            var (written, budgets) = reports.Read(parse); // checked before the measurement, to fail early
            if (parse.GetValue(package) is { } file)
            {
                ProfilePackage.Write(file, parse.GetValue(target)!, parse.GetValue(program), call, Console.Out, cancel);
                return ExitCode.Success;
            }

            return await Run(call, written, budgets, cancel);
        }));
        return command;
    }

    private static async Task<int> Run(
        ProfileArguments call, ProfileReports reports, IReadOnlyList<ProfileBudget> budgets, CancellationToken cancel)
    {
        foreach (string folder in new[] { call.TraceFolder, call.SamplesFolder }.OfType<string>())
        {
            Directory.CreateDirectory(folder);
        }

        var runner = new ProfileRunner(call, Console.Error);
        var kept = new ProfileReports(reports.Json is "-" ? null : reports.Json, null, null, null);
        try
        {
            // Written after every row, so that nothing is lost if a later one fails.
            await runner.RunAsync(() => kept.Write(runner.Rows, []), cancel);
        }
        finally
        {
            if (runner.Rows.Count > 0)
            {
                reports.Write(runner.Rows, budgets);
                reports.Print(runner.Rows, budgets);
                OperatorTable.Write(reports.UsesStandardOutput ? Console.Error : Console.Out, runner.Rows);
            }
        }

        return runner.Rows.Any(r => r.Error is not null) ? ExitCode.Failure : ExitCode.Success;
    }

    private static string[] Split(string[]? values)
    {
        const StringSplitOptions Options = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        return [.. (values ?? []).SelectMany(v => File.Exists(v) ? [v] : v.Split(',', Options))];
    }

    private static int[] Numbers(string[]? values, string name, int least, int most) =>
    [
        .. Split(values).Select(v =>
            int.TryParse(v, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n >= least && n <= most
                ? n
                : throw new UsageException($"{name} must be integers between {least} and {most}; got '{v}'")).Distinct(),
    ];

    private static string[] Providers(string[]? values)
    {
        string[] names = [.. Split(values).Select(n => n.ToLowerInvariant()).Distinct()];
        foreach (string name in names.Where(n => n != "auto"))
        {
            ProviderArguments.CreatePolicy([name], require: false); // throws for an unknown name
        }

        return names.Length > 0 ? names : ["auto"];
    }

    private static double?[] Rates(string[]? values)
    {
        double?[] rates = [.. Split(values).Select(v => v == "max" ? (double?)null
            : double.TryParse(v, NumberStyles.Float, CultureInfo.InvariantCulture, out double rate) && rate is > 0 and <= 1e6 ? rate
            : throw new UsageException($"--rate must be a number above 0 and at most 1000000, or max; got '{v}'"))];
        return rates.Length > 0 ? [.. rates.Distinct()] : [null];
    }
}
