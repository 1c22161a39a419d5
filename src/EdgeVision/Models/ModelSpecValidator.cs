using EdgeVision.Decoding;
using EdgeVision.Preprocessing;
using EdgeVision.Specs;

namespace EdgeVision.Models;

/// <summary>Checks a <see cref="ModelSpec"/> against what the runtime supports: tasks, decoders, inputs and thresholds.</summary>
public static class ModelSpecValidator
{
    /// <summary>Version of the format that this runtime reads.</summary>
    internal const int Version = 1;

    /// <summary>Gets the tasks of a model.</summary>
    internal static IReadOnlyList<string> Tasks { get; } = ["detect", "segment", "pose", "obb", "classify", "embed", "depth"];

    /// <summary>Reads a spec from JSON and checks it. <paramref name="source"/> names it in messages.</summary>
    /// <exception cref="SpecException">The text is not JSON, or a field is missing, unknown or out of range.</exception>
    public static ModelSpec Parse(string json, string source)
    {
        var spec = ModelSpecJson.Parse(json, source);
        Check(spec, source);
        return spec;
    }

    /// <summary>Throws <see cref="SpecException"/> for the first missing or invalid field.</summary>
    public static void Check(ModelSpec spec, string source)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Version != Version)
        {
            throw new SpecException($"{source} has version {spec.Version}; this runtime reads version {Version}");
        }

        Require(spec.Task.Length > 0, "task", "detect, segment, pose, obb, classify, embed or depth");
        foreach (string task in spec.Task.Split('+'))
        {
            if (!Tasks.Contains(task))
            {
                throw new SpecException(
                    $"{source} has the unknown task '{task}'; use {string.Join(", ", Tasks)}, or several joined by '+'");
            }
        }

        Require(spec.Input is not null, "input", "how frames become the network's input");
        Require(spec.Input!.Width > 0, "input.width", "pixels");
        Require(spec.Input.Height > 0, "input.height", "pixels");
        try
        {
            Preprocessor.GetByteCount(spec.Input);
        }
        catch (SpecException e)
        {
            throw new SpecException($"{source}: {e.Message}", e);
        }

        Require(spec.Outputs is { Length: > 0 }, "outputs", "one entry for each head, with its decoder");
        foreach (var output in spec.Outputs)
        {
            Require(
                output is not null && !string.IsNullOrEmpty(output.Decoder),
                "outputs[].decoder",
                string.Join(", ", DecoderRegistry.Names));
            if (!DecoderRegistry.Names.Contains(output!.Decoder))
            {
                throw new SpecException(
                    $"{source} has the unknown decoder '{output.Decoder}'; use one of {string.Join(", ", DecoderRegistry.Names)}");
            }

            Require(
                output.Labels is null || !output.Labels.Any(l => l is null),
                "outputs[].labels",
                "class names of this head, or nothing");
        }

        var t = spec.Thresholds;
        if (t is null || !(t.Confidence is >= 0 and <= 1) || !(t.Iou is >= 0 and <= 1) || t.MaxDetections < 1)
        {
            throw new SpecException(
                $"{source} has invalid thresholds: confidence and iou must be between 0 and 1, maxDetections at least 1");
        }

        Require(spec.Labels is not null && !spec.Labels.Any(l => l is null), "labels", "class names, or an empty list");
        if (spec.Skeleton?.Any(pair => pair is not { Length: 2 } || pair[0] < 0 || pair[1] < 0) == true)
        {
            throw new SpecException($"{source} has an invalid skeleton: it must be a list of [from, to] pairs of keypoint indices");
        }

        void Require(bool there, string field, string what)
        {
            if (!there)
            {
                throw new SpecException($"{source} lacks the field '{field}' ({what}); a spec looks like {ModelSpecJson.Example}");
            }
        }
    }
}
