using System.CommandLine;
using EdgeVision.Configuration;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Recording;
using EdgeVision.Pipeline.Sinks;

namespace EdgeVision.Cli.Pipelines;

/// <summary><c>edgevision pipeline replay</c>: runs a recording through its pipeline again.</summary>
internal static class ReplayCommand
{
    private const int ShownDifferences = 20;

    public static Command Create()
    {
        var recording = new Argument<string>("RECORDING") { Description = "Folder that the 'record' sink wrote." };
        var config = new Option<string?>("--config")
        {
            Description = "Pipeline file (YAML) whose models, tracking and rules replace the recorded ones.",
            HelpName = "FILE",
        };
        var diff = new Option<bool>("--diff") { Description = "Compare the results with the recorded ones; exit code 1 if they differ." };
        var tolerance = new Option<double>("--tolerance")
        {
            Description = "With --diff, maximum difference of two numbers that count as equal, at least 0. [default: 0]",
            HelpName = "N",
        };
        tolerance.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<double>() is not (>= 0 and <= double.MaxValue))
            {
                r.AddError($"--tolerance must be a number of at least 0; got '{r.Tokens[0].Value}'");
            }
        });
        var output = new Option<string?>("--out")
        {
            Description = "Write the results as JSON lines to FILE; - for standard output.",
            HelpName = "FILE|-",
        };
        var realTime = new Option<bool>("--realtime") { Description = "Replay at the speed of the recording." };
        var json = PipelineCommand.JsonReportOption();
        var quiet = PipelineCommand.QuietOption();
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("replay",
            """
            Runs the frames of a recording through the pipeline that made it. On the CPU the results are identical.

            Example:
              edgevision pipeline replay recordings/monday --diff
            """)
        {
            recording, config, diff, tolerance, output, realTime, json, quiet, verbose,
        };
        command.SetAction((parse, cancel) => CommandHelpers.Guard(parse.GetValue(verbose), async () =>
        {
            string folder = parse.GetValue(recording)!;
            if (Load(folder, parse.GetValue(config), parse.GetValue(realTime)) is not { } replayed)
            {
                return ExitCode.UsageError;
            }

            using var replay = Replay.Open(folder, new ReplayOptions
            {
                Diff = new RecordingDiffOptions { Tolerance = parse.GetValue(tolerance), MaxDifferences = ShownDifferences },
            });
            string? to = parse.GetValue(output);
            if (to is not null)
            {
                replayed = replayed with
                {
                    Sinks = [new SinkConfig("jsonl", _ => new JsonLinesSink(to), new SinkOptions()) { UsesStandardOutput = to == "-" }],
                };
            }

            foreach (string change in replay.Recording.GetModelChanges())
            {
                Console.Error.WriteLine($"edgevision: {change}");
            }

            bool compares = parse.GetValue(diff), still = parse.GetValue(quiet);
            await using var pipeline = LoadWarnings.BuildPipeline(replayed, told =>
            {
                var builder = told.ToBuilder();
                if (compares)
                {
                    replay.AddDiff(builder);
                }

                return builder;
            });
            int code = await PipelineRunner.RunAsync(pipeline, new PipelineRunOptions(null, !still, still, parse.GetValue(json), to == "-"), cancel);
            if (cancel.IsCancellationRequested)
            {
                return ExitCode.Cancelled; // frames that were not replayed do not count as differences
            }

            return compares ? Differences(replay.Diff, to == "-" ? Console.Error : Console.Out, code) : code;
        }));
        return command;
    }

    private static PipelineConfig? Load(string folder, string? file, bool realTime)
    {
        RecordingReader recording;
        string? text;
        try
        {
            recording = RecordingReader.Open(folder);
            text = file is null ? null : PipelineConfig.ReadFile(file);
        }
        catch (EdgeVisionException e)
        {
            throw new UsageException(e.Message);
        }

        string name = file ?? Path.Combine(folder, RecordingManifest.FileName);
        string? start = file is null ? null : Path.GetDirectoryName(Path.GetFullPath(file));
        var config = PipelineConfig.ReadForReplay(recording, text, name, start, out var problems);
        if (config is null)
        {
            PipelineCommand.PrintProblems(problems);
            return null;
        }

        if (!realTime)
        {
            return config;
        }

        return config with
        {
            Sources = [.. config.Sources.Select(s => s with { Options = s.Options with { RealTime = true, Policy = null } })],
        };
    }

    private static int Differences(RecordingDiff diff, TextWriter to, int code)
    {
        to.WriteLine(diff.Summary);
        foreach (string difference in diff.Differences.Skip(1))
        {
            to.WriteLine($"  {difference}");
        }

        if (diff.Count > diff.Differences.Count)
        {
            to.WriteLine($"  and {diff.Count - diff.Differences.Count} more");
        }

        return diff.Count > 0 ? ExitCode.Failure : code;
    }
}
