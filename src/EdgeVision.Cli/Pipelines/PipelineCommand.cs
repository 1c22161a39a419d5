using System.CommandLine;
using EdgeVision.Configuration;
using EdgeVision.Live;

namespace EdgeVision.Cli;

/// <summary><c>edgevision pipeline</c>: sources, models, rules and sinks out of a file.</summary>
internal static class PipelineCommand
{
    // A timer takes no more than some 24 days.
    private static readonly TimeSpan LongestDuration = TimeSpan.FromDays(24);

    public static Command Create() => new("pipeline", "Runs pipelines that a YAML file describes: cameras and files, models, tracking, rules, sinks. docs/pipelines.md has every key.")
    {
        Run(),
        Check(),
        ReplayCommand.Create(),
        Init(),
    };

    private static Command Run()
    {
        var file = File();
        var duration = Duration("--duration", "Stop after this time, such as 60s or 5m; without it at the end of the sources, by Ctrl-C or SIGTERM.");
        var stats = new Option<bool>("--stats") { Description = "Print the accounts at the end also with --quiet." };
        var json = JsonReport();
        var quiet = Quiet();
        var options = ProviderArguments.ProviderOption();
        var library = ProviderArguments.ProviderLibrary();
        var verbose = Shell.Verbose();
        var command = new Command("run",
            """
            Runs a pipeline until its sources end or it is stopped. Sinks then write what they hold, within a second.

            Example:
              edgevision pipeline run samples/pipelines/start.yaml --duration 10s
            """)
        {
            file, duration, stats, json, quiet, options, library, verbose,
        };
        command.SetAction((parse, cancel) => Shell.Guard(parse.GetValue(verbose), async () =>
        {
            if (Load(parse.GetValue(file)!) is not { } config)
            {
                return ExitCode.WrongCall;
            }

            config = OnProviders(config, ProviderArguments.Options(parse.GetValue(options)), ProviderArguments.Library(parse.GetValue(library)));
            await using var pipeline = LoadNotices.Build(config, c => c.ToBuilder());
            bool still = parse.GetValue(quiet);
            foreach (var page in config.Sinks.Where(s => s.Kind == "live" && !still))
            {
                Console.Error.WriteLine($"live page: http://{(page.Target.Length > 0 ? page.Target : new LiveOptions().Address)}/");
            }

            return await PipelineRunner.Run(pipeline, new PipelineView(parse.GetValue(duration), !still || parse.GetValue(stats), still, parse.GetValue(json), config.Sinks.Any(s => s.UsesStandardOutput)), cancel);
        }));
        return command;
    }

    // Beside what the file says of each model, and before it.
    private static PipelineConfig OnProviders(PipelineConfig config, Dictionary<string, string> options, string? library) => config with
    {
        Models =
        [
            .. config.Models.Select(m => m with
            {
                Runtime = m.Runtime with
                {
                    ProviderOptions = m.Runtime.ProviderOptions.Concat(options).GroupBy(o => o.Key).ToDictionary(o => o.Key, o => o.Last().Value),
                    ProviderLibrary = library ?? m.Runtime.ProviderLibrary,
                },
            }),
        ],
    };

    private static Command Check()
    {
        var file = File();
        var models = new Option<bool>("--no-models") { Description = "Do not load the models: whether they have the labels that rules speak of is then not known." };
        var verbose = Shell.Verbose();
        var command = new Command("check", "Says what a file describes, or everything that is wrong with it, with the lines. Opens no camera and no connection.") { file, models, verbose };
        command.SetAction(parse => Shell.Guard(parse.GetValue(verbose), () =>
        {
            if (Load(parse.GetValue(file)!, loadModels: !parse.GetValue(models)) is not { } config)
            {
                return ExitCode.WrongCall;
            }

            foreach (string line in ConfigSummary.Lines(config))
            {
                Console.WriteLine(line);
            }

            return ExitCode.Done;
        }));
        return command;
    }

    /// <summary>The file that <c>init</c> prints, with a model of one's own, whose path starts from the file's folder.</summary>
    public static string Start(string model)
    {
        const string Own = "name: shapes\n    path: ../../models/shapes-fpn.onnx\n";
        using var start = typeof(PipelineCommand).Assembly.GetManifestResourceStream("start.yaml")!;
        using var reader = new StreamReader(start);
        string text = reader.ReadToEnd().ReplaceLineEndings("\n");
        return text.Contains(Own, StringComparison.Ordinal) ? text.Replace(Own, $"path: '{model.Replace("'", "''", StringComparison.Ordinal)}'\n", StringComparison.Ordinal)
            : throw new InvalidOperationException("the sample pipeline names another model");
    }

    private static Command Init()
    {
        var command = new Command("init", "Prints a file to start from, with comments.");
        command.SetAction(_ =>
        {
            using var start = typeof(PipelineCommand).Assembly.GetManifestResourceStream("start.yaml")!;
            using var output = Console.OpenStandardOutput();
            start.CopyTo(output);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Reads a configuration; null where something is wrong with it, which is then said.</summary>
    public static PipelineConfig? Load(string path, bool loadModels = false)
    {
        string text;
        try
        {
            text = PipelineConfig.ReadFile(path);
        }
        catch (PipelineConfigException e)
        {
            throw new WrongCallException(e.Message);
        }

        var config = PipelineConfig.Read(text, path, Path.GetDirectoryName(Path.GetFullPath(path))!, out var problems, loadModels: loadModels);
        if (config is null)
        {
            Say(problems);
        }

        return config;
    }

    public static Option<string?> JsonReport() => new("--json-report") { Description = "Write the final accounts as JSON to FILE, or to standard output with -.", HelpName = "FILE|-" };

    public static Option<bool> Quiet() => new("--quiet", "-q") { Description = "Say only what went wrong." };

    /// <summary>An option whose value is a time with its unit.</summary>
    public static Option<TimeSpan?> Duration(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = r =>
        {
            if (Quantities.TryDuration(r.Tokens[0].Value, out var time) && time > TimeSpan.Zero && time <= LongestDuration)
            {
                return time;
            }

            r.AddError(time > LongestDuration ? $"{name} is at most {LongestDuration.TotalDays:0} days; '{r.Tokens[0].Value}' is more" : $"{name} is a time such as 500ms, 60s or 5m; '{r.Tokens[0].Value}' is not");
            return null;
        },
    };

    /// <summary>Lists what is wrong with a file.</summary>
    public static void Say(IReadOnlyList<ConfigProblem> problems)
    {
        foreach (var problem in problems)
        {
            Console.Error.WriteLine(problem);
        }

        Console.Error.WriteLine($"edgevision: {problems.Count} {(problems.Count == 1 ? "problem" : "problems")}");
    }

    private static Argument<string> File() => new("FILE") { Description = "The pipeline's YAML file." };
}
