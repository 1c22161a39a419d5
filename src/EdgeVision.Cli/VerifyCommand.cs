using System.CommandLine;
using EdgeVision.Models.Verification;

namespace EdgeVision.Cli;

/// <summary><c>edgevision verify</c>: repeats the self-test that a model bundle contains.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("model")
        {
            Description = "Model bundle with an embedded self-test, as EdgeVision.Exporter writes it.",
        };
        var spec = CommandHelpers.SpecOption();
        var providers = new ProviderArguments();
        var threads = CommandHelpers.ThreadsOption();
        var json = new Option<string?>("--json")
        {
            Description = "Write the stages as JSON to FILE; - for standard output.",
            HelpName = "FILE|-",
        };
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("verify",
            """
            Repeats the self-test of a model bundle on this machine: image to tensor, tensor to outputs, outputs to results, and end to end.
            Reports the first stage that differs. Exit code 0 if all stages agree, 1 if not.

            Example:
              edgevision verify models/shelves-yolo.onnx --provider cpu
            """)
        {
            model, spec, threads, json, verbose,
        };
        providers.AddTo(command);
        command.SetAction((parse, _) => Task.FromResult(CommandHelpers.Guard(parse.GetValue(verbose), () =>
        {
            string path = parse.GetValue(model)!;
            CommandHelpers.RequireFile(path, "model");
            var report = BundleVerifier.Verify(path, providers.Read(parse) with
            {
                SpecPath = parse.GetValue(spec),
                Threads = parse.GetValue(threads) is { } n ? ThreadBudget.FromCores(n) : null,
            });
            string? to = parse.GetValue(json);
            if (to is not null)
            {
                WriteJson(report, to);
            }

            if (to != "-")
            {
                Print(report);
            }

            if (report.FirstFailure is { } failure)
            {
                Console.Error.WriteLine($"edgevision: {report.Model} differs from its self-test in {failure.Stage}: {failure.Detail}");
            }

            return report.Passed ? ExitCode.Success : ExitCode.Failure;
        })));
        return command;
    }

    private static void Print(VerificationReport report)
    {
        foreach (var golden in report.Stages.GroupBy(s => s.Golden))
        {
            Console.WriteLine($"{report.Model}, self-test '{golden.Key}'");
            foreach (var stage in golden)
            {
                string verdict = stage.Passed ? "ok     " : "DIFFERS";
                Console.WriteLine(FormattableString.Invariant(
                    $"  {verdict}  {stage.Stage,-13}  {stage.Difference,9:0.0E+00}  (limit {stage.Limit:0.0E+00})  {stage.Detail}"));
            }
        }
    }

    private static void WriteJson(VerificationReport report, string to) => CommandHelpers.WriteJson(to, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("model", report.Model);
        writer.WriteBoolean("passed", report.Passed);
        writer.WriteStartArray("stages");
        foreach (var stage in report.Stages)
        {
            writer.WriteStartObject();
            writer.WriteString("golden", stage.Golden);
            writer.WriteString("stage", stage.Stage);
            writer.WriteBoolean("passed", stage.Passed);
            // JSON cannot represent infinity.
            writer.WriteNumber("difference", double.IsFinite(stage.Difference) ? stage.Difference : 1e308);
            writer.WriteNumber("limit", stage.Limit);
            writer.WriteString("detail", stage.Detail);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });
}
