using System.CommandLine;
using EdgeVision.Configuration;
using EdgeVision.Configuration.Yaml;
using EdgeVision.Live;

namespace EdgeVision.Cli.Pipelines;

/// <summary><c>edgevision pipeline</c>: runs and checks pipelines that a YAML file describes.</summary>
internal static class PipelineCommand
{
    // The limit of a timer is int.MaxValue milliseconds, a little over 24 days.
    private static readonly TimeSpan MaxDuration = TimeSpan.FromDays(24);

    public static Command Create() => new(
        "pipeline",
        "Runs pipelines that a YAML file describes: cameras and files, models, tracking, rules, sinks."
            + " docs/reference/pipelines.md lists every key.")
    {
        Run(),
        Check(),
        ReplayCommand.Create(),
        Init(),
    };

    private static Command Run()
    {
        var file = File();
        var duration = DurationOption(
            "--duration", "Stop after this time, such as 60s or 5m; at most 24 days. [default: run until all sources end]");
        var stats = new Option<bool>("--stats") { Description = "Print the statistics at the end even with --quiet." };
        var json = JsonReportOption();
        var quiet = QuietOption();
        var options = ProviderArguments.ProviderOption();
        var library = ProviderArguments.ProviderLibraryOption();
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("run",
            """
            Runs a pipeline until its sources end or it is stopped by --duration, Ctrl-C or SIGTERM. Sinks then flush their queues within
            a second.

            Example:
              edgevision pipeline run samples/pipelines/start.yaml --duration 10s
            """)
        {
            file, duration, stats, json, quiet, options, library, verbose,
        };
        command.SetAction((parse, cancel) => CommandHelpers.Guard(parse.GetValue(verbose), async () =>
        {
            if (Load(parse.GetValue(file)!) is not { } config)
            {
                return ExitCode.UsageError;
            }

            var providerOptions = ProviderArguments.ParseOptions(parse.GetValue(options));
            config = WithProviderOptions(config, providerOptions, ProviderArguments.RequireLibrary(parse.GetValue(library)));
            await using var pipeline = LoadWarnings.BuildPipeline(config, c => c.ToBuilder());
            bool still = parse.GetValue(quiet);
            foreach (var page in config.Sinks.Where(s => s.Kind == "live" && !still))
            {
                Console.Error.WriteLine($"live page: http://{(page.Target.Length > 0 ? page.Target : new LiveOptions().Address)}/");
            }

            var view = new PipelineRunOptions(
                parse.GetValue(duration),
                !still || parse.GetValue(stats),
                still,
                parse.GetValue(json),
                config.Sinks.Any(s => s.UsesStandardOutput));
            return await PipelineRunner.RunAsync(pipeline, view, cancel);
        }));
        return command;
    }

    // Options of the command line are added to those of each model in the file, and take precedence.
    private static PipelineConfig WithProviderOptions(PipelineConfig config, Dictionary<string, string> options, string? library) => config with
    {
        Models =
        [
            .. config.Models.Select(m => m with
            {
                Runtime = m.Runtime with
                {
                    ProviderOptions = m.Runtime.ProviderOptions.Concat(options)
                        .GroupBy(o => o.Key)
                        .ToDictionary(o => o.Key, o => o.Last().Value),
                    ProviderLibrary = library ?? m.Runtime.ProviderLibrary,
                },
            }),
        ],
    };

    private static Command Check()
    {
        var file = File();
        var models = new Option<bool>("--no-models")
        {
            Description = "Do not load the models; the labels that rules use are then not checked.",
        };
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command(
            "check",
            "Checks a pipeline file and prints what it describes, or all its problems with their lines. Opens no camera and no connection.")
        {
            file, models, verbose,
        };
        command.SetAction(parse => CommandHelpers.Guard(parse.GetValue(verbose), () =>
        {
            if (Load(parse.GetValue(file)!, loadModels: !parse.GetValue(models)) is not { } config)
            {
                return ExitCode.UsageError;
            }

            foreach (string line in ConfigSummary.GetLines(config))
            {
                Console.WriteLine(line);
            }

            return ExitCode.Success;
        }));
        return command;
    }

    /// <summary>Returns the file that <c>init</c> prints, with another model.</summary>
    /// <param name="model">Path of the model, relative to the folder of the file.</param>
    public static string GetStartFile(string model)
    {
        const string Own = "name: shapes\n    path: ../../models/shapes-fpn.onnx\n";
        using var start = typeof(PipelineCommand).Assembly.GetManifestResourceStream("start.yaml")!;
        using var reader = new StreamReader(start);
        string text = reader.ReadToEnd().ReplaceLineEndings("\n");
        string path = model.Replace("'", "''", StringComparison.Ordinal);
        return text.Contains(Own, StringComparison.Ordinal)
            ? text.Replace(Own, $"path: '{path}'\n", StringComparison.Ordinal)
            : throw new InvalidOperationException("the sample pipeline does not use the expected model");
    }

    private static Command Init()
    {
        var command = new Command("init", "Prints a commented pipeline file to start from.");
        command.SetAction(_ =>
        {
            using var start = typeof(PipelineCommand).Assembly.GetManifestResourceStream("start.yaml")!;
            using var output = Console.OpenStandardOutput();
            start.CopyTo(output);
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>Reads a configuration; prints its problems and returns null if it is invalid.</summary>
    public static PipelineConfig? Load(string path, bool loadModels = false)
    {
        string text;
        try
        {
            text = PipelineConfig.ReadFile(path);
        }
        catch (PipelineConfigException e)
        {
            throw new UsageException(e.Message);
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var config = PipelineConfig.Read(text, path, folder, out var problems, loadModels: loadModels);
        if (config is null)
        {
            PrintProblems(problems);
        }

        return config;
    }

    public static Option<string?> JsonReportOption() => new("--json-report")
    {
        Description = "Write the final statistics as JSON to FILE; - for standard output.",
        HelpName = "FILE|-",
    };

    public static Option<bool> QuietOption() => new("--quiet", "-q") { Description = "Print only warnings and errors." };

    /// <summary>Creates an option whose value is a time with a unit.</summary>
    public static Option<TimeSpan?> DurationOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = r =>
        {
            if (Quantities.TryParseDuration(r.Tokens[0].Value, out var time) && time > TimeSpan.Zero && time <= MaxDuration)
            {
                return time;
            }

            r.AddError(time > MaxDuration
                ? $"{name} must be at most {MaxDuration.TotalDays:0} days; got '{r.Tokens[0].Value}'"
                : $"{name} must be a time above 0 such as 500ms, 60s or 5m; got '{r.Tokens[0].Value}'");
            return null;
        },
    };

    /// <summary>Prints the problems of a file.</summary>
    public static void PrintProblems(IReadOnlyList<ConfigProblem> problems)
    {
        foreach (var problem in problems)
        {
            Console.Error.WriteLine(problem);
        }

        Console.Error.WriteLine($"edgevision: {problems.Count} {(problems.Count == 1 ? "problem" : "problems")}");
    }

    private static Argument<string> File() => new("FILE") { Description = "Pipeline file (YAML)." };
}
