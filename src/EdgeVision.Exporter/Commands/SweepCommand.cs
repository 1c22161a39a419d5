using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Sweep;
using EdgeVision.Exporter.Training;
using Spectre.Console;

namespace EdgeVision.Exporter.Commands;

/// <summary>Architectures at several widths and sizes with random weights, to know what they cost on a device before one of them is trained.</summary>
internal static class SweepCommand
{
    private const double NarrowestFactor = 0.1, WidestFactor = 4;

    public static Command Describe(IAnsiConsole console)
    {
        var defaults = new SweepRequest();
        var output = new Option<string>("--out") { Description = "Folder for the models, such as runs/sweep", Required = true };
        var architectures = List<string>("--architectures", $"Comma-separated names as 'list' shows them, or all; {string.Join(",", defaults.Architectures)} when absent", "NAMES",
            text => [.. ArchitectureCatalog.All.Select(a => a.Name).Where(n => text == "all" || n == text)], $"all, or names among {string.Join(", ", ArchitectureCatalog.All.Select(a => a.Name))}");
        var channels = List<double>("--channels", "Comma-separated factors on the channels; 0.5,1 when absent", "FACTORS",
            text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double v) && v is >= NarrowestFactor and <= WidestFactor ? [v] : [],
            string.Create(CultureInfo.InvariantCulture, $"factors from {NarrowestFactor} to {WidestFactor}"));
        var sizes = List<(int Width, int Height)>("--sizes", "Comma-separated sides in pixels, or WIDTHxHEIGHT; 160,224,320 when absent", "SIZES",
            text => ExporterCommandLine.ParseSize(text.Contains('x', StringComparison.Ordinal) ? text : $"{text}x{text}") is { } size ? [size] : [], "sides, or WIDTHxHEIGHT, each 32 to 4096");
        var half = new Option<bool>("--half") { Description = "Each model in float16 as well" };
        var bytes = new Option<bool>("--byte-input") { Description = "The input is bytes [N,H,W,3]; normalisation goes into the first convolution" };
        var dynamic = new Option<bool>("--dynamic-size") { Description = "One file with open height and width in place of one a size, where the architecture allows it" };
        var opset = ExporterCommandLine.Opset($"ONNX operator set, 16 to 22; {OnnxExporter.DefaultOpset} when absent");
        var classes = ExporterCommandLine.Positive(new Option<int?>("--classes") { Description = "Classes of pictures, objects and pixels; 1000, 80 and 21 when absent" });
        var seed = new Option<int>("--seed") { Description = "Seed of the weights: the same seed gives the same files", DefaultValueFactory = _ => defaults.Seed };
        var force = new Option<bool>("--force") { Description = "Write over models that are there" };
        var command = new Command("sweep", "Write architectures at several widths and sizes with random weights, for timing before training")
        {
            output, architectures, channels, sizes, half, bytes, dynamic, opset, classes, seed, force,
        };
        command.SetAction((call, cancel) =>
        {
            var request = new SweepRequest
            {
                Architectures = Given(call.GetValue(architectures), defaults.Architectures),
                Channels = Given(call.GetValue(channels), defaults.Channels),
                Sizes = Given(call.GetValue(sizes), defaults.Sizes),
                Half = call.GetValue(half),
                Classes = call.GetValue(classes),
                Seed = call.GetValue(seed),
                Options = new ExportOptions { Opset = call.GetValue(opset) ?? OnnxExporter.DefaultOpset, ByteInput = call.GetValue(bytes), DynamicSize = call.GetValue(dynamic) },
            };
            Run(console, request, call.GetValue(output)!, call.GetValue(force), cancel);
            return Task.FromResult(0);
        });
        return command;
    }

    /// <summary>Writes what a request asks for, and says what was written and what was not.</summary>
    /// <param name="console">For progress and the tables.</param>
    /// <param name="request">What to write.</param>
    /// <param name="folder">Where; it is created.</param>
    /// <param name="force">Whether files that are there are replaced.</param>
    /// <param name="cancel">Stops between two models.</param>
    /// <param name="freeBytes">Room on the disk; the disk's own when null.</param>
    /// <exception cref="EdgeVisionException">A file is in the way, the disk has too little room, nothing fits, or it was stopped.</exception>
    public static IReadOnlyList<SweepResult> Run(IAnsiConsole console, SweepRequest request, string folder, bool force, CancellationToken cancel, long? freeBytes = null)
    {
        TorchSetup.Initialize(Math.Min(2, Environment.ProcessorCount));
        var plan = SweepPlan.Create(request);
        if (plan.Items.Count == 0)
        {
            throw new EdgeVisionException($"nothing of the sweep can be written: {string.Join("; ", plan.Skipped.Select(s => $"{s.Name}: {s.Reason}"))}");
        }

        Prepare(folder, plan, force, freeBytes);
        var written = new List<SweepResult>();
        var skipped = plan.Skipped.ToList();
        console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).Start(progress =>
        {
            // By size: the time of a model is about that of its bytes and of its arithmetic, and both differ a thousandfold.
            var bar = progress.AddTask("writing", maxValue: plan.Items.Sum(Work));
            foreach (var item in plan.Items)
            {
                if (cancel.IsCancellationRequested)
                {
                    throw new EdgeVisionException($"stopped; {written.Count} of {plan.Items.Count} models are written, and --force writes all again");
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

    private static EdgeVision.Onnx.OnnxModel? TryBuild(SweepItem item, List<SweepSkip> skipped)
    {
        try
        {
            return TimingBundle.Build(item);
        }
        catch (EdgeVisionException e)
        {
            skipped.Add(new SweepSkip(item.Name, e.Message)); // the graph does not allow what the options ask
            return null;
        }
    }

    // All is asked before anything is written: a sweep takes minutes.
    private static void Prepare(string folder, SweepPlan plan, bool force, long? freeBytes)
    {
        string[] there = force ? [] : [.. plan.Items.Select(i => File(folder, i)).Where(System.IO.File.Exists)];
        if (there.Length > 0)
        {
            throw new EdgeVisionException($"{there[0]} {(there.Length == 1 ? "is" : $"and {there.Length - 1} more are")} there already; --force writes over them, and --out names another folder");
        }

        Directory.CreateDirectory(folder);
        long free = freeBytes ?? new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace, needed = plan.Items.Sum(i => i.Bytes);
        if (needed > free)
        {
            throw new EdgeVisionException(string.Create(CultureInfo.InvariantCulture,
                $"the sweep's {plan.Items.Count} models are about {needed / 1e6:F0} MB, and {folder} has room for {free / 1e6:F0}; ask for fewer architectures, channels or sizes, or for --dynamic-size"));
        }
    }

    private static string File(string folder, SweepItem item) => Path.Combine(folder, item.Name + ".onnx");

    private static void Report(IAnsiConsole console, IReadOnlyList<SweepResult> written, IReadOnlyList<SweepSkip> skipped, string folder)
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
                string.Create(CultureInfo.InvariantCulture, $"{input.Width}x{input.Height}{(item.Options.DynamicSize ? " and others" : "")}"),
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

        console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"wrote {written.Count} models of random weights to {folder} ({written.Sum(w => w.Bytes) / 1e6:F0} MB); {skipped.Count} skipped");
    }

    // The parser gives an empty list where an option is absent.
    private static T[] Given<T>(T[]? values, T[] otherwise) => values is { Length: > 0 } ? values : otherwise;

    // A part that means nothing gives no values.
    private static Option<T[]?> List<T>(string name, string description, string help, Func<string, T[]> parse, string wanted) => new(name)
    {
        Description = description,
        HelpName = help,
        CustomParser = r =>
        {
            T[][] parts = [.. r.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(parse)];
            if (parts.Length == 0 || parts.Any(p => p.Length == 0))
            {
                r.AddError($"{name} is a list of {wanted}; '{r.Tokens[0].Value}' is not");
                return null;
            }

            return [.. parts.SelectMany(p => p).Distinct()];
        },
    };
}
