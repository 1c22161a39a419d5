using System.CommandLine;
using EdgeVision.Inference;
using EdgeVision.Models;
using EdgeVision.Specs;

namespace EdgeVision.Cli;

/// <summary><c>edgevision inspect</c>: shows a model's inputs, outputs and spec, and where its nodes run.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "ONNX model file." };
        var spec = CommandHelpers.SpecOption();
        var providers = new ProviderArguments();
        var verbose = CommandHelpers.VerboseOption();
        var showSpec = new Option<bool>("--print-spec")
        {
            Description = "Print only the spec as JSON, as a starting point for a custom one.",
        };
        var command = new Command("inspect", "Shows a model's inputs, outputs and spec, and how many nodes each execution provider runs.")
        {
            model, spec, showSpec, verbose,
        };
        providers.AddTo(command);
        command.SetAction((parse, _) => Task.FromResult(CommandHelpers.Guard(parse.GetValue(verbose), () =>
        {
            string path = parse.GetValue(model)!;
            CommandHelpers.RequireFile(path, "model");
            if (parse.GetValue(spec) is { } specPath)
            {
                CommandHelpers.RequireFile(specPath, "spec");
            }

            var runtime = providers.Read(parse) with { SpecPath = parse.GetValue(spec) };
            using var engine = new InferenceEngine(path, new EngineOptions
            {
                Providers = runtime.Providers,
                ProviderOptions = runtime.ProviderOptions,
                ProviderLibrary = runtime.ProviderLibrary,
                OnWarning = runtime.OnWarning,
            });
            ModelSpec? read = null;
            string source = "";
            string? problem = null;
            try
            {
                (read, source) = BundleReader.ReadSpec(path, engine.Metadata, engine.Inputs, engine.Outputs, parse.GetValue(spec));
            }
            catch (ModelFormatException e)
            {
                problem = e.Message;
            }

            if (parse.GetValue(showSpec))
            {
                // A custom spec starts without the self-test.
                Console.WriteLine(read is null
                    ? throw new EdgeVisionException(problem!)
                    : ModelSpecJson.Serialize(read with { Goldens = null }));
                return ExitCode.Success;
            }

            Console.WriteLine(FormattableString.Invariant($"model      {path} ({new FileInfo(path).Length / 1048576.0:F2} MiB)"));
            foreach (var input in engine.Inputs)
            {
                Console.WriteLine($"input      {input}");
            }

            foreach (var output in engine.Outputs)
            {
                Console.WriteLine($"output     {output}");
            }

            if (engine.Metadata.Count > 0)
            {
                Console.WriteLine($"metadata   {string.Join(", ", engine.Metadata.Keys.Order(StringComparer.Ordinal))}");
            }

            if (read is not null)
            {
                var i = read.Input;
                Console.WriteLine($"spec       from {source}");
                Console.WriteLine($"task       {read.Task}");
                Console.WriteLine(FormattableString.Invariant(
                    $"frames     {i.Resize.Mode} to {i.Width}x{i.Height} {i.ColorOrder} {i.Layout} {i.Element}, ")
                    + FormattableString.Invariant($"{i.Resize.Interpolation}, pad {i.Resize.PadValue}; ")
                    + FormattableString.Invariant($"(pixel * {i.Scale:G6} - {Vector(i.Mean)}) / {Vector(i.Std)}"));
                foreach (var head in read.Outputs)
                {
                    string parameters = string.Join(", ", head.Parameters.Select(p => $"{p.Key} {OneLineJson(p.Value.GetRawText())}"));
                    Console.WriteLine($"decoder    {head.Decoder}{(head.Parameters.Count == 0 ? "" : $" ({parameters})")}");
                }

                var thresholds = read.Thresholds;
                Console.WriteLine(FormattableString.Invariant(
                    $"thresholds score {thresholds.Confidence}, IoU {thresholds.Iou}, at most {thresholds.MaxDetections} detections"));
                string labels = string.Join(", ", read.Labels.Take(8)) + (read.Labels.Length > 8 ? ", …" : "");
                Console.WriteLine($"labels     {read.Labels.Length}{(read.Labels.Length == 0 ? "" : ": " + labels)}");
                if (read.Provenance is { } p)
                {
                    string?[] provenance = [p.Architecture, p.TrainedOn, p.Notes];
                    Console.WriteLine($"provenance {string.Join("; ", provenance.Where(t => !string.IsNullOrEmpty(t)))}");
                    foreach (var (name, value) in p.Metrics ?? [])
                    {
                        Console.WriteLine(FormattableString.Invariant($"metric     {name} {value:G6}"));
                    }
                }

                foreach (var golden in read.Goldens?.Where(g => g is not null) ?? [])
                {
                    Console.WriteLine(
                        $"self-test  '{golden.Name}', {golden.Width}x{golden.Height} pixels, {golden.Outputs.Length} reference output(s); "
                        + "edgevision verify repeats it");
                }
            }
            else
            {
                Console.WriteLine($"spec       none: {problem}");
            }

            Console.WriteLine($"providers  {string.Join(", ", engine.Providers.Active.Select(a => a.GetName()))}");
            foreach (var (provider, reason) in engine.Providers.Skipped)
            {
                Console.WriteLine($"skipped    {provider.GetName()}: {reason}");
            }

            // Placement is measured at the input size of the spec.
            if (read is not null)
            {
                using var loaded = VisionModel.Load(path, runtime with { OnWarning = null }); // loading above has reported the warnings
                foreach (var (provider, nodes) in loaded.Engine.MeasurePlacement())
                {
                    Console.WriteLine($"nodes      {nodes} on {provider}");
                }
            }

            return ExitCode.Success;
        })));
        return command;
    }

    private static string Vector(float[] values) => values.Length == 1
        ? values[0].ToString("G6", System.Globalization.CultureInfo.InvariantCulture)
        : $"[{string.Join(", ", values.Select(v => v.ToString("G6", System.Globalization.CultureInfo.InvariantCulture)))}]";

    private static string OneLineJson(string json) => string.Concat(json.Where(c => c is not ('\n' or '\r' or ' ')));
}
