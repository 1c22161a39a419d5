using System.CommandLine;
using System.Globalization;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Export;
using EdgeVision.Onnx;
using Spectre.Console;

namespace EdgeVision.Exporter.Commands;

/// <summary>The commands of the exporter. Exit codes: 0 done, 1 it failed while running, 2 the call is wrong.</summary>
internal static class ExporterCommandLine
{
    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Show the stack of an error", Recursive = true };

    public static int Run(string[] args, TextWriter errors)
    {
        var console = AnsiConsole.Console;
        if (!console.Profile.Capabilities.Interactive)
        {
            console.Profile.Width = 200; // a log has no edge to wrap at
        }

        var root = new RootCommand("Writes, trains, measures and exports EdgeVision's models.") { Verbose };
        root.Add(List(console));
        root.Add(Train(console));
        root.Add(Export(console));
        root.Add(SweepCommand.Describe(console));
        root.Add(Evaluate(console));
        root.Add(InspectData(console));
        root.Add(Compare(console));
        root.Add(Draw());
        root.Add(Golden(console));
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
        catch (OperationCanceledException)
        {
            errors.WriteLine("stopped; --resume goes on");
            return 1;
        }
        catch (Exception e) when (e is EdgeVisionException or IOException or UnauthorizedAccessException or InvalidDataException or Microsoft.ML.OnnxRuntime.OnnxRuntimeException)
        {
            errors.WriteLine(call.GetValue(Verbose) ? e.ToString() : $"error: {OneLine(e.Message)}");
            return 1;
        }
    }

    private static Command List(IAnsiConsole console)
    {
        var data = new Option<bool>("--data") { Description = "Name the kinds of drawn data instead" };
        var command = new Command("list", "Name every architecture with its parameters, multiply-accumulates and tasks") { data };
        command.SetAction(call =>
        {
            console.Write(call.GetValue(data) ? DataTable() : ArchitectureTable());
            return 0;
        });
        return command;
    }

    private static Table DataTable()
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("kind").AddColumn("what it shows");
        foreach (var (name, description) in DrawnData.Kinds)
        {
            table.AddRow(name, Markup.Escape(description));
        }

        return table;
    }

    private static Table ArchitectureTable()
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("name").AddColumn("tasks");
        table.AddColumn(new TableColumn("input").RightAligned());
        table.AddColumn(new TableColumn("parameters").RightAligned());
        table.AddColumn(new TableColumn("million MACs").RightAligned());
        table.AddColumn("description").AddColumn("options");
        foreach (var entry in ArchitectureCatalog.All)
        {
            var architecture = entry.Create(new ModelSettings());
            var analysis = architecture.Analyze();
            table.AddRow(
                entry.Name,
                architecture.Spec.Task,
                FormattableString.Invariant($"{architecture.Spec.Input.Width}x{architecture.Spec.Input.Height}"),
                analysis.Parameters.ToString("N0", CultureInfo.InvariantCulture),
                (analysis.MultiplyAccumulates / 1e6).ToString("F1", CultureInfo.InvariantCulture),
                Markup.Escape(architecture.Description),
                Markup.Escape(entry.Options));
        }

        return table;
    }

    private static Command Train(IAnsiConsole console)
    {
        var config = new Argument<string>("config") { Description = "YAML or JSON config, such as models/recipes/shelves-yolo.yaml" };
        var output = new Option<string?>("--out") { Description = "Folder of the run; runs/NAME when absent" };
        var epochs = Positive(new Option<int?>("--epochs") { Description = "Passes over the pictures, instead of the config's" });
        var batch = Positive(new Option<int?>("--batch") { Description = "Pictures a step, instead of the config's" });
        var overfit = Positive(new Option<int?>("--overfit") { Description = "Learn the first N pictures by heart and measure those: the loss must go near zero", HelpName = "N" });
        var seed = new Option<int?>("--seed") { Description = "Seed of weights, order and augmentation, instead of the config's" };
        var rate = new Option<double?>("--learning-rate") { Description = "Highest learning rate, instead of the config's" };
        var resume = new Option<bool>("--resume") { Description = "Go on from the run's checkpoint" };
        var command = new Command("train", "Train what a config says; tables, curves, pictures and checkpoints go to the run's folder") { config, output, epochs, batch, seed, rate, overfit, resume };
        command.SetAction((call, cancel) =>
        {
            TrainCommand.Run(console, call.GetValue(config)!, call.GetValue(output),
                new TrainCommand.Overrides(call.GetValue(epochs), call.GetValue(batch), call.GetValue(seed), call.GetValue(rate), call.GetValue(overfit)),
                call.GetValue(resume), cancel);
            return Task.FromResult(0);
        });
        return command;
    }

    private static Command Export(IAnsiConsole console)
    {
        var run = new Argument<string?>("run") { Description = "Folder of a run, or its checkpoint", Arity = ArgumentArity.ZeroOrOne };
        var output = new Option<string?>("--out") { Description = "Bundle to write; models/NAME.onnx when absent; its card goes beside it" };
        var all = new Option<bool>("--all") { Description = "Every recipe in models/recipes: trains what has no finished run, exports all" };
        var target = new Option<string>("--target") { Description = $"Where the model is to run, which decides the operator set: {string.Join(", ", OnnxTarget.All.Select(t => t.Name))}", DefaultValueFactory = _ => "onnxruntime" };
        target.AcceptOnlyFromAmong([.. OnnxTarget.All.Select(t => t.Name)]);
        var half = new Option<bool>("--half") { Description = "Weights and arithmetic in float16; inputs and outputs stay float32" };
        var bytes = new Option<bool>("--byte-input") { Description = "The input is bytes [N,H,W,3]; normalisation goes into the first convolution" };
        var nms = new Option<bool>("--nms-in-graph") { Description = "Suppression goes into the graph (yolo)" };
        var dynamic = new Option<bool>("--dynamic-size") { Description = "Leave height and width open, where the architecture allows it" };
        var opset = Opset("ONNX operator set, 16 to 22, instead of the target's");
        var command = new Command("export", "Write a run as an ONNX bundle, compared with TorchSharp and measured by the runtime") { run, output, all, target, opset, half, bytes, nms, dynamic };
        command.Validators.Add(r =>
        {
            if (r.GetValue(run) is null == !r.GetValue(all))
            {
                r.AddError("give a run, or --all");
            }
        });
        command.SetAction((call, cancel) =>
        {
            var options = new ExportOptions
            {
                Opset = call.GetValue(opset) ?? OnnxTarget.Find(call.GetValue(target)!).Opset,
                Half = call.GetValue(half), ByteInput = call.GetValue(bytes), SuppressionInGraph = call.GetValue(nms), DynamicSize = call.GetValue(dynamic),
            };
            if (call.GetValue(all))
            {
                ExportAll(console, options, cancel);
            }
            else
            {
                ExportCommand.Run(console, call.GetValue(run)!, call.GetValue(output), options);
            }

            return Task.FromResult(0);
        });
        return command;
    }

    private static void ExportAll(IAnsiConsole console, ExportOptions options, CancellationToken cancel)
    {
        string[] recipes = Directory.Exists("models/recipes") ? [.. Directory.EnumerateFiles("models/recipes", "*.yaml").Order(StringComparer.Ordinal)] : [];
        if (recipes.Length == 0)
        {
            throw new EdgeVisionException("there is no recipe in models/recipes; run this in the repository's root");
        }

        foreach (string recipe in recipes)
        {
            cancel.ThrowIfCancellationRequested();
            var config = EdgeVision.Exporter.Training.TrainConfig.Load(recipe);
            string folder = Path.Combine("runs", config.Name), checkpoint = Path.Combine(folder, "checkpoint.safetensors");
            bool begun = File.Exists(checkpoint);
            if (!begun || EdgeVision.Exporter.Training.Checkpoint.Load(checkpoint).Progress.History.Count < config.Training.Epochs)
            {
                TrainCommand.Run(console, recipe, folder, new TrainCommand.Overrides(null, null, null, null, null), resume: begun, cancel);
            }

            ExportCommand.Run(console, folder, null, options);
        }
    }

    private static Command Evaluate(IAnsiConsole console)
    {
        var model = new Argument<string>("model") { Description = "Bundle that export wrote" };
        var config = new Option<string>("--config") { Description = "Config whose test pictures are used", Required = true };
        var command = new Command("evaluate", "Measure a bundle with the runtime on the test pictures of a config") { model, config };
        command.SetAction(call =>
        {
            EvaluateCommand.Run(console, call.GetValue(model)!, call.GetValue(config)!);
            return 0;
        });
        return command;
    }

    private static Command InspectData(IAnsiConsole console)
    {
        var config = new Argument<string>("config") { Description = "Config whose training pictures are looked at" };
        var sheet = new Option<string?>("--sheet") { Description = "PNG of the first pictures as training sees them, augmented, with their labels" };
        var count = Positive(new Option<int?>("--count") { Description = "Pictures on the sheet; 12 when absent" });
        var command = new Command("inspect-data", "Count labels, warn of what looks wrong, and draw augmented samples") { config, sheet, count };
        command.SetAction(call =>
        {
            InspectDataCommand.Run(console, call.GetValue(config)!, call.GetValue(sheet), call.GetValue(count) ?? 12);
            return 0;
        });
        return command;
    }

    private static Command Compare(IAnsiConsole console)
    {
        var runs = new Argument<string[]>("runs") { Description = "Folders of runs", Arity = new ArgumentArity(2, 10) };
        var measure = new Option<string>("--measure") { Description = "Column of their log.csv, such as detect.mAP@0.5 or loss", Required = true };
        var output = new Option<string>("--out") { Description = "PNG to write", Required = true };
        var title = new Option<string?>("--title") { Description = "Title of the picture" };
        var command = new Command("compare", "Draw one measure of several runs in one picture") { runs, measure, output, title };
        command.SetAction(call =>
        {
            CompareCommand.Run(console, call.GetValue(runs)!, call.GetValue(measure)!, call.GetValue(output)!, call.GetValue(title));
            return 0;
        });
        return command;
    }

    private static Command Draw()
    {
        var kind = new Argument<string>("kind") { Description = "Kind of drawn data, as 'list --data' names it" };
        var folder = new Option<string>("--out") { Description = "Folder for the pictures", Required = true };
        var count = Positive(new Option<int?>("--count") { Description = "Number of pictures; 12 when absent" });
        var seed = new Option<int>("--seed") { Description = "Seed of the set", DefaultValueFactory = _ => 2_000_000 };
        var first = new Option<int>("--first") { Description = "Index of the first picture", DefaultValueFactory = _ => 0 };
        var size = new Option<string>("--size") { Description = "WIDTHxHEIGHT", DefaultValueFactory = _ => "320x240" };
        size.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<string>() is { } text && ParseSize(text) is null)
            {
                r.AddError("--size is WIDTHxHEIGHT, each 32 to 4096");
            }
        });
        var yolo = new Option<bool>("--yolo") { Description = "Write a data set to train on: images/, labels/ in YOLO's format, data.yaml" };
        var command = new Command("draw", "Draw pictures as PNG, with their labels as JSON lines on the standard output") { kind, folder, count, seed, first, size, yolo };
        command.SetAction(call =>
        {
            var (width, height) = ParseSize(call.GetValue(size)!)!.Value;
            DrawCommand.Run(call.GetValue(kind)!, call.GetValue(folder)!, call.GetValue(first), call.GetValue(count) ?? 12, call.GetValue(seed), width, height, call.GetValue(yolo));
            return 0;
        });
        return command;
    }

    private static Command Golden(IAnsiConsole console)
    {
        var model = new Argument<string>("model") { Description = "Bundle to change" };
        var picture = new Argument<string>("picture") { Description = "Picture, at most 640 pixels a side" };
        var command = new Command("golden", "Put a self-test on a picture into a bundle, instead of the one that it has; export does this by itself") { model, picture };
        command.SetAction(call =>
        {
            var labelled = DataFolder.ReadPicture(call.GetValue(picture)!);
            if (labelled.Width > 640 || labelled.Height > 640)
            {
                throw new EdgeVisionException($"{labelled.Name} is {labelled.Width}x{labelled.Height}; a self-test's picture travels with the model and has at most 640 pixels a side");
            }

            GoldenWriter.Write(call.GetValue(model)!, labelled);
            console.MarkupLineInterpolated($"self-test on {labelled.Name} written into {call.GetValue(model)!}");
            return 0;
        });
        return command;
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal);

    internal static Option<int?> Opset(string description)
    {
        var option = new Option<int?>("--opset") { Description = description };
        option.Validators.Add(r =>
        {
            if (Number(r) is < 16 or > 22)
            {
                r.AddError("--opset is 16 to 22");
            }
        });
        return option;
    }

    internal static Option<int?> Positive(Option<int?> option)
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

    // Null where there is no number: the parser says so itself.
    private static int? Number(System.CommandLine.Parsing.OptionResult result) =>
        result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out int value) ? value : null;

    internal static (int Width, int Height)? ParseSize(string text)
    {
        string[] parts = text.Split('x');
        return parts.Length == 2 && int.TryParse(parts[0], CultureInfo.InvariantCulture, out int w) && int.TryParse(parts[1], CultureInfo.InvariantCulture, out int h)
            && w is >= 32 and <= 4096 && h is >= 32 and <= 4096
            ? (w, h)
            : null;
    }
}
