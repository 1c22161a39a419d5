using System.Globalization;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Export;

namespace EdgeVision.Exporter.Sweep;

/// <summary>Model to write.</summary>
/// <param name="Name">Name of the file, without its extension, and of the model.</param>
/// <param name="Architecture">Architecture to write.</param>
/// <param name="Options">Options of the export.</param>
/// <param name="Seed">Seed of the weights.</param>
/// <param name="Parameters">Number of trained parameters.</param>
/// <param name="MultiplyAccumulates">Multiply-accumulates of one frame at the size of the architecture's input.</param>
internal sealed record SweepItem(string Name, Architecture Architecture, ExportOptions Options, int Seed, long Parameters,
    long MultiplyAccumulates)
{
    /// <summary>Gets the approximate size of the file; everything but the weights is small.</summary>
    public long Bytes => Parameters * (Options.Half ? 2 : 4);
}

/// <summary>Model that is skipped.</summary>
/// <param name="Name">Name that the model would have.</param>
/// <param name="Reason">Reason.</param>
internal sealed record SkippedModel(string Name, string Reason);

/// <summary>Models of a sweep, determined by counting alone: nothing is computed or written.</summary>
internal sealed record SweepPlan(IReadOnlyList<SweepItem> Items, IReadOnlyList<SkippedModel> Skipped)
{
    private const long MaxFileSize = 2_000_000_000; // protobuf is limited to 2^31 bytes, and a file contains more than weights

    /// <summary>Plans every architecture at every width and size that it supports.</summary>
    /// <exception cref="EdgeVisionException">An architecture is unknown.</exception>
    public static SweepPlan Create(SweepRequest request)
    {
        var items = new List<SweepItem>();
        var skipped = new List<SkippedModel>();
        foreach (string name in request.Architectures)
        {
            // By name first: an unknown name is an error of the arguments, not a size that does not fit.
            var published = ArchitectureCatalog.Create(name);
            foreach (double channels in request.WidthMultipliers)
            {
                bool open = request.Options.DynamicSize && published.SupportsDynamicSize;
                foreach (var size in request.Sizes)
                {
                    var options = request.Options with { DynamicSize = open, Half = false };
                    string model = Name(name, channels, size, options);
                    if (Describe(name, model, channels, size, request, options, out string reason) is not { } item)
                    {
                        skipped.Add(new SkippedModel(model, reason));
                        continue;
                    }

                    items.Add(item);
                    if (request.Half)
                    {
                        options = options with { Half = true };
                        items.Add(item with { Name = Name(name, channels, size, options), Options = options });
                    }

                    if (open)
                    {
                        break; // one file supports every size; its spec has the first that fits
                    }
                }
            }
        }

        return new SweepPlan(items, skipped);
    }

    // Null with the reason if the model cannot be written.
    private static SweepItem? Describe(string name, string model, double channels, (int Width, int Height) size, SweepRequest request,
        ExportOptions options, out string reason)
    {
        var settings = new ModelSettings
        {
            Name = model,
            Width = size.Width,
            Height = size.Height,
            WidthMultiplier = channels,
            Labels = request.Labels,
        };
        try
        {
            var architecture = ArchitectureCatalog.Create(name, settings);
            var analysis = architecture.Analyze();
            var item = new SweepItem(model, architecture, options, request.Seed, analysis.Parameters, analysis.MultiplyAccumulates);
            bool oneWidth = channels != 1
                && item.Parameters == ArchitectureCatalog.Create(name, settings with { WidthMultiplier = 1 }).Analyze().Parameters;
            reason = oneWidth ? "its channels are fixed, so it has one width only"
                : item.Bytes > MaxFileSize
                    ? string.Create(CultureInfo.InvariantCulture,
                        $"its weights have {item.Bytes / 1e9:F1} GB; the maximum of an ONNX file is 2 GB")
                : "";
            return reason.Length == 0 ? item : null;
        }
        catch (Exception e) when (e is EdgeVisionException or ArgumentException)
        {
            // A layer throws ArgumentException if its inputs do not fit.
            reason = e is ArgumentException ? $"it does not support {size.Width}x{size.Height} ({e.Message})" : e.Message;
            return null;
        }
    }

    private static string Name(string architecture, double channels, (int Width, int Height) size, ExportOptions options)
    {
        string input = options.DynamicSize ? "dynamic"
            : size.Width == size.Height ? size.Width.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{size.Width}x{size.Height}");
        string opset = options.Opset == OnnxExporter.DefaultOpset
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"-opset{options.Opset}");
        return string.Create(CultureInfo.InvariantCulture,
            $"{architecture}-w{channels:0.####}-{input}{(options.ByteInput ? "-bytes" : "")}{opset}{(options.Half ? "-fp16" : "")}");
    }
}
