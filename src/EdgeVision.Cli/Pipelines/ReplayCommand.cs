using System.CommandLine;
using EdgeVision.Configuration;

namespace EdgeVision.Cli;

/// <summary><c>edgevision pipeline replay</c>: a recording once more through its pipeline.</summary>
internal static class ReplayCommand
{
    private const int ShownDifferences = 20;

    public static Command Create()
    {
        var recording = new Argument<string>("RECORDING") { Description = "Folder that the record sink wrote." };
        var config = new Option<string?>("--config") { Description = "Replay with this file's models, tracking and rules instead of the recorded ones.", HelpName = "FILE" };
        var diff = new Option<bool>("--diff") { Description = "Compare the results with the recorded ones; exit code 1 where they differ." };
        var tolerance = new Option<double>("--tolerance") { Description = "With --diff: greatest difference of two numbers that counts as none (0).", HelpName = "N" };
        tolerance.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<double>() is not (>= 0 and <= double.MaxValue))
            {
                r.AddError("--tolerance is at least 0");
            }
        });
        var output = new Option<string?>("--out") { Description = "Write the results as JSON lines to FILE, or to standard output with -.", HelpName = "FILE|-" };
        var realTime = new Option<bool>("--realtime") { Description = "At the pace of the recording." };
        var json = PipelineCommand.JsonReport();
        var quiet = PipelineCommand.Quiet();
        var verbose = Shell.Verbose();
        var command = new Command("replay",
            """
            Runs a recording's frames through the pipeline that it was made with. On the CPU the results are the same.

            Example:
              edgevision pipeline replay recordings/monday --diff
            """)
        {
            recording, config, diff, tolerance, output, realTime, json, quiet, verbose,
        };
        command.SetAction((parse, cancel) => Shell.Guard(parse.GetValue(verbose), async () =>
        {
            string folder = parse.GetValue(recording)!;
            if (Load(folder, parse.GetValue(config), parse.GetValue(realTime)) is not { } replayed)
            {
                return ExitCode.WrongCall;
            }

            using var replay = Replay.Open(folder, new ReplayOptions { Diff = new RecordingDiffOptions { Tolerance = parse.GetValue(tolerance), Most = ShownDifferences } });
            string? to = parse.GetValue(output);
            if (to is not null)
            {
                replayed = replayed with { Sinks = [new SinkConfig("jsonl", _ => new JsonLinesSink(to), new SinkOptions()) { UsesStandardOutput = to == "-" }] };
            }

            foreach (string change in replay.Recording.ModelChanges())
            {
                Console.Error.WriteLine($"edgevision: {change}");
            }

            bool compares = parse.GetValue(diff), still = parse.GetValue(quiet);
            await using var pipeline = LoadNotices.Build(replayed, told =>
            {
                var builder = told.ToBuilder();
                if (compares)
                {
                    replay.AddDiff(builder);
                }

                return builder;
            });
            int code = await PipelineRunner.Run(pipeline, new PipelineView(null, !still, still, parse.GetValue(json), to == "-"), cancel);
            if (cancel.IsCancellationRequested)
            {
                return ExitCode.Cancelled; // frames that were not replayed are no differences
            }

            return compares ? Differences(replay.Diff, to == "-" ? Console.Error : Console.Out, code) : code;
        }));
        return command;
    }

    private static PipelineConfig? Load(string folder, string? file, bool realTime)
    {
        Recording recording;
        string? text;
        try
        {
            recording = Recording.Open(folder);
            text = file is null ? null : PipelineConfig.ReadFile(file);
        }
        catch (EdgeVisionException e)
        {
            throw new WrongCallException(e.Message);
        }

        var config = PipelineConfig.ReadForReplay(recording, text, file ?? Path.Combine(folder, RecordingManifest.FileName), file is null ? null : Path.GetDirectoryName(Path.GetFullPath(file)), out var problems);
        if (config is null)
        {
            PipelineCommand.Say(problems);
            return null;
        }

        return realTime ? config with { Sources = [.. config.Sources.Select(s => s with { Options = s.Options with { RealTime = true, Policy = null } })] } : config;
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

        return diff.Count > 0 ? ExitCode.Failed : code;
    }
}
