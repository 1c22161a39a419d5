using System.CommandLine;
using System.Globalization;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Evaluation;
using EdgeVision.Exporter.Training;
using Spectre.Console;

namespace EdgeVision.Exporter.Commands;

/// <summary>The commands of the exporter. Exit codes: 0 done, 1 it failed while running, 2 the call is wrong.</summary>
internal static class ExporterCommandLine
{
    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Show the stack of an error", Recursive = true };

    public static int Run(string[] args, TextWriter errors)
    {
        var console = AnsiConsole.Console;
        var root = new RootCommand("Writes, trains and exports EdgeVision's models.") { Verbose };
        root.Add(List(console));
        root.Add(Train(console));
        root.Add(Export(console));
        root.Add(Evaluate(console));
        root.Add(Scenes(console));
        var call = root.Parse(args);
        if (call.Errors.Count > 0)
        {
            foreach (var error in call.Errors)
            {
                errors.WriteLine($"error: {OneLine(error.Message)}");
            }

            errors.WriteLine("see --help");
            return 2;
        }

        try
        {
            return call.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (e is EdgeVisionException or IOException or UnauthorizedAccessException or InvalidDataException or Microsoft.ML.OnnxRuntime.OnnxRuntimeException)
        {
            errors.WriteLine(call.GetValue(Verbose) ? e.ToString() : $"error: {OneLine(e.Message)}");
            return 1;
        }
    }

    private static Command List(IAnsiConsole console)
    {
        var command = new Command("list", "Name every architecture with its parameters, multiply-accumulates and task");
        command.SetAction(_ =>
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumn("name").AddColumn("task");
            table.AddColumn(new TableColumn("input").RightAligned());
            table.AddColumn(new TableColumn("parameters").RightAligned());
            table.AddColumn(new TableColumn("million MACs").RightAligned());
            table.AddColumn("description");
            foreach (var architecture in ArchitectureCatalog.All)
            {
                var analysis = architecture.Analyze();
                table.AddRow(
                    architecture.Name,
                    architecture.Spec.Task,
                    FormattableString.Invariant($"{architecture.Spec.Input.Width}x{architecture.Spec.Input.Height}"),
                    analysis.Parameters.ToString("N0", CultureInfo.InvariantCulture),
                    (analysis.MultiplyAccumulates / 1e6).ToString("F1", CultureInfo.InvariantCulture),
                    Markup.Escape(architecture.Description));
            }

            console.Write(table);
            return 0;
        });
        return command;
    }

    private static Command Train(IAnsiConsole console)
    {
        var defaults = new TrainSettings();
        var architecture = ArchitectureArgument();
        var epochs = Positive(new Option<int>("--epochs") { Description = "Passes over the scenes", DefaultValueFactory = _ => defaults.Epochs });
        var samples = Positive(new Option<int>("--samples") { Description = "Scenes to train on", DefaultValueFactory = _ => defaults.Samples });
        var batch = Positive(new Option<int>("--batch") { Description = "Scenes a step", DefaultValueFactory = _ => defaults.BatchSize });
        var seed = new Option<int>("--seed") { Description = "Seed of weights, order and scenes", DefaultValueFactory = _ => defaults.Seed };
        var rate = new Option<double>("--learning-rate") { Description = "Highest learning rate", DefaultValueFactory = _ => defaults.LearningRate };
        var output = new Option<string>("--out") { Description = "Checkpoint, written after each epoch", DefaultValueFactory = _ => "runs/shapes-fpn.safetensors" };
        var resume = new Option<bool>("--resume") { Description = "Go on from the checkpoint with its own settings" };
        var command = new Command("train", "Train an architecture on drawn scenes") { architecture, epochs, samples, batch, seed, rate, output, resume };
        command.SetAction(call =>
        {
            var settings = new TrainSettings
            {
                Epochs = call.GetValue(epochs),
                Samples = call.GetValue(samples),
                BatchSize = call.GetValue(batch),
                Seed = call.GetValue(seed),
                LearningRate = call.GetValue(rate),
            };
            TrainCommand.Run(console, (FpnDetector)ArchitectureCatalog.Find(call.GetValue(architecture)!), settings, call.GetValue(output)!, call.GetValue(resume));
            return 0;
        });
        return command;
    }

    private static Command Export(IAnsiConsole console)
    {
        var checkpoint = new Argument<string>("checkpoint") { Description = "Checkpoint that train wrote" };
        var output = new Option<string>("--out") { Description = "Bundle to write, such as models/shapes-fpn.onnx; its card goes beside it", Required = true };
        var opset = new Option<int>("--opset") { Description = "ONNX operator set, 13 to 22", DefaultValueFactory = _ => Exporter.Export.OnnxExporter.DefaultOpset };
        opset.Validators.Add(r =>
        {
            if (Number(r) is < 13 or > 22)
            {
                r.AddError("--opset is 13 to 22");
            }
        });
        var command = new Command("export", "Write a checkpoint as an ONNX bundle, compared with TorchSharp and measured") { checkpoint, output, opset };
        command.SetAction(call =>
        {
            ExportCommand.Run(console, call.GetValue(checkpoint)!, call.GetValue(output)!, call.GetValue(opset));
            return 0;
        });
        return command;
    }

    private static Command Evaluate(IAnsiConsole console)
    {
        var model = new Argument<string>("model") { Description = "Bundle that export wrote" };
        var samples = Positive(new Option<int>("--samples") { Description = "Scenes", DefaultValueFactory = _ => 200 });
        var seed = new Option<int>("--seed") { Description = "Seed of the scenes; the default is one that training does not draw", DefaultValueFactory = _ => 2_000_000 };
        var command = new Command("evaluate", "Measure a bundle on drawn scenes") { model, samples, seed };
        command.SetAction(call =>
        {
            var evaluation = DetectionEvaluation.Run(call.GetValue(model)!, call.GetValue(samples), call.GetValue(seed));
            var table = new Table().Border(TableBorder.Rounded).AddColumn("class").AddColumn(new TableColumn("AP@0.5").RightAligned());
            for (int c = 0; c < evaluation.PerClass50.Count; c++)
            {
                table.AddRow(DrawnScenes.Labels[c], evaluation.PerClass50[c].ToString("F4", CultureInfo.InvariantCulture));
            }

            console.Write(table);
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"mAP@0.5 {evaluation.Map50:F4}, mAP@0.75 {evaluation.Map75:F4} on {evaluation.Scenes} scenes with {evaluation.Objects} objects");
            return 0;
        });
        return command;
    }

    private static Command Scenes(IAnsiConsole console)
    {
        var folder = new Option<string>("--out") { Description = "Folder for the pictures", Required = true };
        var count = Positive(new Option<int>("--count") { Description = "Number of pictures", DefaultValueFactory = _ => 12 });
        var seed = new Option<int>("--seed") { Description = "Seed of the set", DefaultValueFactory = _ => 2_000_000 };
        var first = new Option<int>("--first") { Description = "Index of the first scene", DefaultValueFactory = _ => 0 };
        var size = new Option<string?>("--size") { Description = "WIDTHxHEIGHT; drawn at random when absent" };
        size.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<string?>() is { } text && ParseSize(text) is null)
            {
                r.AddError("--size is WIDTHxHEIGHT, each 64 to 4096");
            }
        });
        var command = new Command("scenes", "Draw scenes as PNG, with their labels as JSON lines on the standard output") { folder, count, seed, first, size };
        command.SetAction(call =>
        {
            int start = call.GetValue(first);
            for (int i = start; i < start + call.GetValue(count); i++)
            {
                var scene = call.GetValue(size) is { } text && ParseSize(text) is var (width, height)
                    ? DrawnScenes.Draw(call.GetValue(seed), i, width, height)
                    : DrawnScenes.Draw(call.GetValue(seed), i);
                string file = Path.Combine(call.GetValue(folder)!, string.Create(CultureInfo.InvariantCulture, $"scene-{i:D4}.png"));
                DrawnScenes.Save(scene, file);
                Console.WriteLine(System.Text.Json.JsonSerializer.Serialize(new
                {
                    file,
                    width = scene.Width,
                    height = scene.Height,
                    objects = scene.Objects.Select(o => new { label = DrawnScenes.Labels[o.ClassId], box = new[] { o.Box.X1, o.Box.Y1, o.Box.X2, o.Box.Y2 } }),
                }));
            }

            return 0;
        });
        return command;
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal);

    private static Argument<string> ArchitectureArgument()
    {
        var argument = new Argument<string>("architecture") { Description = "Name as 'list' shows it" };
        argument.AcceptOnlyFromAmong([.. ArchitectureCatalog.All.Select(a => a.Name)]);
        return argument;
    }

    private static Option<int> Positive(Option<int> option)
    {
        option.Validators.Add(r =>
        {
            if (Number(r) < 1)
            {
                r.AddError($"{option.Name} is at least 1");
            }
        });
        return option;
    }

    // Null where the option was not given or is no number, about which the parser itself complains.
    private static int? Number(System.CommandLine.Parsing.OptionResult result) =>
        result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out int value) ? value : null;

    private static (int Width, int Height)? ParseSize(string text)
    {
        var parts = text.Split('x');
        return parts.Length == 2 && int.TryParse(parts[0], CultureInfo.InvariantCulture, out int w) && int.TryParse(parts[1], CultureInfo.InvariantCulture, out int h)
            && w is >= 64 and <= 4096 && h is >= 64 and <= 4096 ? (w, h) : null;
    }
}
