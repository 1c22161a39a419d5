using System.CommandLine;
using System.Globalization;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Data.Drawn;
using EdgeVision.Exporter.Data.Folders;
using EdgeVision.Exporter.Export;
using EdgeVision.Onnx;
using Spectre.Console;

namespace EdgeVision.Exporter.Commands;

/// <summary>Defines the commands of the exporter. Exit codes: 0 success, 1 failure at run time, 2 wrong arguments.</summary>
internal static class ExporterCommandLine
{
    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Show the stack trace of an error", Recursive = true };

    public static int Run(string[] args, TextWriter errors)
    {
        var console = AnsiConsole.Console;
        if (!console.Profile.Capabilities.Interactive)
        {
            console.Profile.Width = 200; // no wrapping in logs
        }

        var root = new RootCommand("Writes, trains, measures and exports EdgeVision's models.") { Verbose };
        root.Add(List(console));
        root.Add(Train(console));
        root.Add(Export(console));
        root.Add(SweepCommand.CreateCommand(console));
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
                errors.WriteLine($"error: {ToSingleLine(error.Message)}");
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
            errors.WriteLine("Stopped; continue with --resume");
            return 1;
        }
        catch (Exception e)
            when (e is EdgeVisionException or IOException or UnauthorizedAccessException or InvalidDataException
                or Microsoft.ML.OnnxRuntime.OnnxRuntimeException)
        {
            errors.WriteLine(call.GetValue(Verbose) ? e.ToString() : $"error: {ToSingleLine(e.Message)}");
            return 1;
        }
    }

    private static Command List(IAnsiConsole console)
    {
        var data = new Option<bool>("--data") { Description = "List the kinds of drawn data instead" };
        var command = new Command("list", "List all architectures with their parameters, multiply-accumulates and tasks") { data };
        command.SetAction(call =>
        {
            console.Write(call.GetValue(data) ? DataTable() : ArchitectureTable());
            return 0;
        });
        return command;
    }

    private static Table DataTable()
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("kind").AddColumn("description");
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
        var output = new Option<string?>("--out") { Description = "Folder of the run (default: runs/NAME)" };
        var epochs = RequirePositive(new Option<int?>("--epochs") { Description = "Number of epochs, instead of the config's" });
        var batch = RequirePositive(new Option<int?>("--batch") { Description = "Images per step, instead of the config's" });
        var overfit = RequirePositive(new Option<int?>("--overfit")
        {
            Description = "Overfit the first N images and measure on them: the loss must approach zero",
            HelpName = "N",
        });
        var seed = new Option<int?>("--seed") { Description = "Seed of weights, order and augmentation, instead of the config's" };
        var rate = new Option<double?>("--learning-rate") { Description = "Maximum learning rate, instead of the config's" };
        var resume = new Option<bool>("--resume") { Description = "Resume from the run's checkpoint" };
        var command = new Command("train",
            "Train a model from a config; logs, plots, images and checkpoints are written to the run's folder")
            {
                config, output, epochs, batch, seed, rate, overfit, resume,
            };
        command.SetAction((call, cancel) =>
        {
            TrainCommand.Run(console, call.GetValue(config)!, call.GetValue(output),
                new TrainCommand.Overrides(call.GetValue(epochs), call.GetValue(batch), call.GetValue(seed), call.GetValue(rate),
                    call.GetValue(overfit)),
                call.GetValue(resume), cancel);
            return Task.FromResult(0);
        });
        return command;
    }

    private static Command Export(IAnsiConsole console)
    {
        var run = new Argument<string?>("run") { Description = "Folder of a run, or its checkpoint", Arity = ArgumentArity.ZeroOrOne };
        var output = new Option<string?>("--out")
        {
            Description = "Bundle to write (default: models/NAME.onnx); its model card is written beside it",
        };
        var all = new Option<bool>("--all")
        {
            Description = "Export all recipes in models/recipes, and first train those without a finished run",
        };
        var target = new Option<string>("--target")
        {
            Description = $"Target runtime, which determines the operator set: {string.Join(", ", OnnxTarget.All.Select(t => t.Name))}",
            DefaultValueFactory = _ => "onnxruntime",
        };
        target.AcceptOnlyFromAmong([.. OnnxTarget.All.Select(t => t.Name)]);
        var half = new Option<bool>("--half") { Description = "Use float16 for weights and arithmetic; inputs and outputs stay float32" };
        var bytes = new Option<bool>("--byte-input")
        {
            Description = "Use byte input [N,H,W,3]; normalization is folded into the first convolution",
        };
        var nms = new Option<bool>("--nms-in-graph") { Description = "Include non-maximum suppression in the graph (yolo only)" };
        var dynamic = new Option<bool>("--dynamic-size") { Description = "Leave height and width open, if the architecture allows it" };
        var opset = CreateOpsetOption("ONNX operator set, 16 to 22, instead of the target's");
        var command = new Command("export", "Export a run as an ONNX bundle, compare it with TorchSharp and measure it with the runtime")
        {
            run, output, all, target, opset, half, bytes, nms, dynamic,
        };
        command.Validators.Add(r =>
        {
            if (r.GetValue(run) is null == !r.GetValue(all))
            {
                r.AddError("Give either a run or --all");
            }
        });
        command.SetAction((call, cancel) =>
        {
            var options = new ExportOptions
            {
                Opset = call.GetValue(opset) ?? OnnxTarget.Find(call.GetValue(target)!).Opset,
                Half = call.GetValue(half), ByteInput = call.GetValue(bytes), SuppressionInGraph = call.GetValue(nms),
                DynamicSize = call.GetValue(dynamic),
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
        string[] recipes = Directory.Exists("models/recipes")
            ? [.. Directory.EnumerateFiles("models/recipes", "*.yaml").Order(StringComparer.Ordinal)]
            : [];
        if (recipes.Length == 0)
        {
            throw new EdgeVisionException("No recipe found in models/recipes; run this command in the root of the repository");
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
        var model = new Argument<string>("model") { Description = "Bundle written by 'export'" };
        var config = new Option<string>("--config") { Description = "Config whose test images are used", Required = true };
        var command = new Command("evaluate", "Measure a bundle with the runtime on the test images of a config") { model, config };
        command.SetAction(call =>
        {
            EvaluateCommand.Run(console, call.GetValue(model)!, call.GetValue(config)!);
            return 0;
        });
        return command;
    }

    private static Command InspectData(IAnsiConsole console)
    {
        var config = new Argument<string>("config") { Description = "Config whose training images are inspected" };
        var sheet = new Option<string?>("--sheet") { Description = "PNG of the first training images, augmented, with their labels" };
        var count = RequirePositive(new Option<int?>("--count") { Description = "Number of images on the sheet (default: 12)" });
        var command = new Command("inspect-data", "Count labels, warn about likely mistakes and draw augmented samples")
        {
            config, sheet, count,
        };
        command.SetAction(call =>
        {
            InspectDataCommand.Run(console, call.GetValue(config)!, call.GetValue(sheet), call.GetValue(count) ?? 12);
            return 0;
        });
        return command;
    }

    private static Command Compare(IAnsiConsole console)
    {
        var runs = new Argument<string[]>("runs") { Description = "Run folders, 2 to 10", Arity = new ArgumentArity(2, 10) };
        var measure = new Option<string>("--measure")
        {
            Description = "Metric to compare: a column of log.csv, such as detect.mAP@0.5 or loss",
            Required = true,
        };
        var output = new Option<string>("--out") { Description = "PNG to write", Required = true };
        var title = new Option<string?>("--title") { Description = "Title of the plot" };
        var command = new Command("compare", "Plot one metric of several runs") { runs, measure, output, title };
        command.SetAction(call =>
        {
            CompareCommand.Run(console, call.GetValue(runs)!, call.GetValue(measure)!, call.GetValue(output)!, call.GetValue(title));
            return 0;
        });
        return command;
    }

    private static Command Draw()
    {
        var kind = new Argument<string>("kind") { Description = "Kind of drawn data, as listed by 'list --data'" };
        var folder = new Option<string>("--out") { Description = "Folder for the images", Required = true };
        var count = RequirePositive(new Option<int?>("--count") { Description = "Number of images (default: 12)" });
        var seed = new Option<int>("--seed") { Description = "Seed of the data set", DefaultValueFactory = _ => 2_000_000 };
        var first = new Option<int>("--first") { Description = "Index of the first image", DefaultValueFactory = _ => 0 };
        var size = new Option<string>("--size") { Description = "Image size as WIDTHxHEIGHT", DefaultValueFactory = _ => "320x240" };
        size.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<string>() is { } text && ParseSize(text) is null)
            {
                r.AddError($"--size must be WIDTHxHEIGHT, each 32 to 4096; got '{text}'");
            }
        });
        var yolo = new Option<bool>("--yolo")
        {
            Description = "Write a data set for training: images/, labels/ in YOLO format and data.yaml",
        };
        var command = new Command("draw", "Draw images as PNG, with their labels as JSON lines on standard output")
        {
            kind, folder, count, seed, first, size, yolo,
        };
        command.SetAction(call =>
        {
            var (width, height) = ParseSize(call.GetValue(size)!)!.Value;
            DrawCommand.Run(call.GetValue(kind)!, call.GetValue(folder)!, call.GetValue(first), call.GetValue(count) ?? 12,
                call.GetValue(seed), width, height, call.GetValue(yolo));
            return 0;
        });
        return command;
    }

    private static Command Golden(IAnsiConsole console)
    {
        var model = new Argument<string>("model") { Description = "Bundle to modify" };
        var picture = new Argument<string>("picture") { Description = "Image with at most 640 pixels per side" };
        var command = new Command("golden", "Replace the self-test of a bundle by one on the given image; export adds a self-test itself")
        {
            model, picture,
        };
        command.SetAction(call =>
        {
            var labelled = DataFolder.ReadImage(call.GetValue(picture)!);
            if (labelled.Width > 640 || labelled.Height > 640)
            {
                throw new EdgeVisionException("Image of a self-test must have at most 640 pixels per side, since it is stored "
                    + $"in the model; got {labelled.Width}x{labelled.Height} in '{labelled.Name}'");
            }

            GoldenWriter.Write(call.GetValue(model)!, labelled);
            console.MarkupLineInterpolated($"wrote self-test on {labelled.Name} to {call.GetValue(model)!}");
            return 0;
        });
        return command;
    }

    private static string ToSingleLine(string message) => message.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal);

    internal static Option<int?> CreateOpsetOption(string description)
    {
        var option = new Option<int?>("--opset") { Description = description };
        option.Validators.Add(r =>
        {
            if (ParseInt(r) is (< 16 or > 22) and var opset)
            {
                r.AddError($"--opset must be between 16 and 22; got {opset}");
            }
        });
        return option;
    }

    internal static Option<int?> RequirePositive(Option<int?> option)
    {
        option.Validators.Add(r =>
        {
            if (ParseInt(r) < 1)
            {
                r.AddError($"{option.Name} must be at least 1; got {ParseInt(r)}");
            }
        });
        return option;
    }

    // Null if the value is not a number: the parser itself reports that.
    private static int? ParseInt(System.CommandLine.Parsing.OptionResult result) =>
        result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out int value) ? value : null;

    internal static (int Width, int Height)? ParseSize(string text)
    {
        string[] parts = text.Split('x');
        return parts.Length == 2 && int.TryParse(parts[0], CultureInfo.InvariantCulture, out int w)
            && int.TryParse(parts[1], CultureInfo.InvariantCulture, out int h)
            && w is >= 32 and <= 4096 && h is >= 32 and <= 4096
            ? (w, h)
            : null;
    }
}
