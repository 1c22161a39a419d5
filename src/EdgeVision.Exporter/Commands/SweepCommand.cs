using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Sweep;
using EdgeVision.Exporter.Training;
using Spectre.Console;

namespace EdgeVision.Exporter.Commands;

/// <summary>
/// Writes architectures at several widths and sizes with random weights, to measure their cost before training.
/// </summary>
internal static class SweepCommand
{
    private const double MinFactor = 0.1, MaxFactor = 4;

    public static Command CreateCommand(IAnsiConsole console)
    {
        var defaults = new SweepRequest();
        var output = new Option<string>("--out") { Description = "Folder for the models, such as runs/sweep", Required = true };
        var architectures = List<string>("--architectures",
            $"Comma-separated names from 'list', or all (default: {string.Join(",", defaults.Architectures)})", "NAMES",
            text => [.. ArchitectureCatalog.All.Select(a => a.Name).Where(n => text == "all" || n == text)],
            $"'all' or names of {string.Join(", ", ArchitectureCatalog.All.Select(a => a.Name))}");
        var channels = List<double>("--channels", "Comma-separated factors on the channels (default: 0.5,1)", "FACTORS",
            text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double v)
                && v is >= MinFactor and <= MaxFactor ? [v] : [],
            string.Create(CultureInfo.InvariantCulture, $"factors between {MinFactor} and {MaxFactor}"));
        var sizes = List<(int Width, int Height)>("--sizes", "Comma-separated sides in pixels, or WIDTHxHEIGHT (default: 160,224,320)",
            "SIZES",
            text => ExporterCommandLine.ParseSize(text.Contains('x', StringComparison.Ordinal) ? text : $"{text}x{text}") is { } size
                ? [size]
                : [], "sides in pixels or WIDTHxHEIGHT, each 32 to 4096");
        var half = new Option<bool>("--half") { Description = "Write each model in float16 as well" };
        var bytes = new Option<bool>("--byte-input")
        {
            Description = "Use byte input [N,H,W,3]; normalization is folded into the first convolution",
        };
        var dynamic = new Option<bool>("--dynamic-size")
        {
            Description = "Write one file with open height and width instead of one per size, if the architecture allows it",
        };
        var opset = ExporterCommandLine.CreateOpsetOption($"ONNX operator set, 16 to 22 (default: {OnnxExporter.DefaultOpset})");
        var classes = ExporterCommandLine.RequirePositive(new Option<int?>("--classes")
        {
            Description = "Number of image, object and pixel classes (default: 1000, 80 and 21)",
        });
        var seed = new Option<int>("--seed")
        {
            Description = "Seed of the weights: the same seed gives the same files",
            DefaultValueFactory = _ => defaults.Seed,
        };
        var force = new Option<bool>("--force") { Description = "Overwrite existing models" };
        var command = new Command("sweep",
            "Write architectures at several widths and sizes with random weights, for timing before training")
        {
            output, architectures, channels, sizes, half, bytes, dynamic, opset, classes, seed, force,
        };
        command.SetAction((call, cancel) =>
        {
            var request = new SweepRequest
            {
                Architectures = ValuesOrDefault(call.GetValue(architectures), defaults.Architectures),
                WidthMultipliers = ValuesOrDefault(call.GetValue(channels), defaults.WidthMultipliers),
                Sizes = ValuesOrDefault(call.GetValue(sizes), defaults.Sizes),
                Half = call.GetValue(half),
                Classes = call.GetValue(classes),
                Seed = call.GetValue(seed),
                Options = new ExportOptions
                {
                    Opset = call.GetValue(opset) ?? OnnxExporter.DefaultOpset,
                    ByteInput = call.GetValue(bytes),
                    DynamicSize = call.GetValue(dynamic),
                },
            };
            Run(console, request, call.GetValue(output)!, call.GetValue(force), cancel);
            return Task.FromResult(0);
        });
        return command;
    }

    /// <summary>Writes the models of a request and reports which were written and which were skipped.</summary>
    /// <param name="console">Console for progress and tables.</param>
    /// <param name="request">Models to write.</param>
    /// <param name="folder">Target folder; created if necessary.</param>
    /// <param name="force">Whether existing files are replaced.</param>
    /// <param name="cancellationToken">Token that stops between two models.</param>
    /// <param name="freeBytes">Free disk space in bytes; that of the disk when null.</param>
    /// <exception cref="EdgeVisionException">
    /// A file exists already, the disk space is too small, no model can be written, or the sweep was cancelled.
    /// </exception>
    public static IReadOnlyList<SweepResult> Run(IAnsiConsole console, SweepRequest request, string folder, bool force,
        CancellationToken cancellationToken, long? freeBytes = null)
    {
        TorchSetup.Initialize(Math.Min(2, Environment.ProcessorCount));
        var plan = SweepPlan.Create(request);
        if (plan.Items.Count == 0)
        {
            throw new EdgeVisionException(
                $"No model of the sweep can be written: {string.Join("; ", plan.Skipped.Select(s => $"{s.Name}: {s.Reason}"))}");
        }

        Prepare(folder, plan, force, freeBytes);
        var written = new List<SweepResult>();
        var skipped = plan.Skipped.ToList();
        console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(),
            new RemainingTimeColumn()).Start(progress =>
        {
            // Progress by size: the time of a model grows with its bytes and its arithmetic, and both differ a thousandfold.
            var bar = progress.AddTask("writing", maxValue: plan.Items.Sum(Work));
            foreach (var item in plan.Items)
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    throw new EdgeVisionException(
                        $"Stopped after {written.Count} of {plan.Items.Count} models; use --force to write all of them again");
                }

                bar.Description = item.Name;
                if (TryBuild(item, skipped) is { } model)
                {
                    written.Add(TimingBundle.Save(model, item, File(folder, item)));
                }

                bar.Increment(Work(item));
            }
        });
        Report(console, written, skipped, folder);
        return written;
    }

    private static double Work(SweepItem item) => item.Parameters + item.MultiplyAccumulates / 50.0 + 1e5;

    private static EdgeVision.Onnx.OnnxModel? TryBuild(SweepItem item, List<SkippedModel> skipped)
    {
        try
        {
            return TimingBundle.Build(item);
        }
        catch (EdgeVisionException e)
        {
            skipped.Add(new SkippedModel(item.Name, e.Message)); // the graph does not support the options
            return null;
        }
    }

    // All checks come before anything is written: a sweep takes minutes.
    private static void Prepare(string folder, SweepPlan plan, bool force, long? freeBytes)
    {
        string[] there = force ? [] : [.. plan.Items.Select(i => File(folder, i)).Where(System.IO.File.Exists)];
        if (there.Length > 0)
        {
            throw new EdgeVisionException($"{there[0]} {(there.Length == 1 ? "exists" : $"and {there.Length - 1} more exist")} already; "
                + "overwrite with --force, or give another folder with --out");
        }

        Directory.CreateDirectory(folder);
        long free = freeBytes ?? new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace, needed = plan.Items.Sum(i => i.Bytes);
        if (needed > free)
        {
            throw new EdgeVisionException(string.Create(CultureInfo.InvariantCulture,
                $"The sweep's {plan.Items.Count} models need about {needed / 1e6:F0} MB, but '{folder}' has {free / 1e6:F0} MB free; "
                + $"use fewer architectures, channels or sizes, or --dynamic-size"));
        }
    }

    private static string File(string folder, SweepItem item) => Path.Combine(folder, item.Name + ".onnx");

    private static void Report(IAnsiConsole console, IReadOnlyList<SweepResult> written, IReadOnlyList<SkippedModel> skipped, string folder)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("name");
        foreach (string column in (string[])["input", "parameters", "million MACs", "MB", "outputs"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (var (item, bytes, least, greatest) in written)
        {
            var input = item.Architecture.Spec.Input;
            table.AddRow(
                Markup.Escape(item.Name),
                string.Create(CultureInfo.InvariantCulture,
                    $"{input.Width}x{input.Height}{(item.Options.DynamicSize ? " and others" : "")}"),
                item.Parameters.ToString("N0", CultureInfo.InvariantCulture),
                (item.MultiplyAccumulates / 1e6).ToString("F1", CultureInfo.InvariantCulture),
                (bytes / 1e6).ToString("F2", CultureInfo.InvariantCulture),
                string.Create(CultureInfo.InvariantCulture, $"{least:G3} .. {greatest:G3}"));
        }

        console.Write(table);
        foreach (var skip in skipped)
        {
            console.MarkupLineInterpolated($"skipped {skip.Name}: {skip.Reason}");
        }

        double megabytes = written.Sum(w => w.Bytes) / 1e6;
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture,
            $"wrote {written.Count} models of random weights to {folder} ({megabytes:F0} MB); {skipped.Count} skipped");
    }

    // The parser returns an empty list for an absent option.
    private static T[] ValuesOrDefault<T>(T[]? values, T[] otherwise) => values is { Length: > 0 } ? values : otherwise;

    // 'parse' returns no values for an invalid part.
    private static Option<T[]?> List<T>(string name, string description, string help, Func<string, T[]> parse, string wanted) => new(name)
    {
        Description = description,
        HelpName = help,
        CustomParser = r =>
        {
            T[][] parts = [.. r.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(parse)];
            if (parts.Length == 0 || parts.Any(p => p.Length == 0))
            {
                r.AddError($"{name} must be a list of {wanted}; got '{r.Tokens[0].Value}'");
                return null;
            }

            return [.. parts.SelectMany(p => p).Distinct()];
        },
    };
}
