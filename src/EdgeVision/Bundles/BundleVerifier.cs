using System.Security.Cryptography;

namespace EdgeVision;

/// <summary>One stage of a repeated self-test.</summary>
/// <param name="Golden">Name of the golden's picture.</param>
/// <param name="Stage">preprocessing, inference, decoding or results.</param>
/// <param name="Passed">Whether it is within its limits; a stage that cannot be judged alone is not listed.</param>
/// <param name="Difference">Largest difference, in the unit of <paramref name="Limit"/>.</param>
/// <param name="Limit">Largest difference allowed.</param>
/// <param name="Detail">What was compared, and where it differs.</param>
public sealed record VerificationStage(string Golden, string Stage, bool Passed, double Difference, double Limit, string Detail);

/// <summary>Outcome of a bundle's self-tests.</summary>
/// <param name="Model">Model's name.</param>
/// <param name="Stages">Stages in order, golden by golden.</param>
public sealed record VerificationReport(string Model, IReadOnlyList<VerificationStage> Stages)
{
    /// <summary>Whether every stage is within its limits.</summary>
    public bool Passed => Stages.All(s => s.Passed);

    /// <summary>The first stage that differs: where to look; null when none does.</summary>
    public VerificationStage? FirstFailure => Stages.FirstOrDefault(s => !s.Passed);
}

/// <summary>
/// Repeats the self-tests inside a bundle with the runtime's own code: picture to tensor, tensor to outputs, the outputs that were kept to
/// results, and the whole way. The first stage that differs says what is wrong: preprocessing, the network (or its provider), or decoding.
/// </summary>
public static class BundleVerifier
{
    /// <summary>Repeats every golden of a model.</summary>
    /// <exception cref="SpecException">The model carries no self-test, or a damaged one.</exception>
    /// <exception cref="EdgeVisionException">The model does not run at all.</exception>
    public static VerificationReport Verify(string path, RuntimeOptions? options = null)
    {
        using var model = VisionModel.Load(path, options);
        if (model.Spec.Goldens is not { Length: > 0 } goldens)
        {
            throw new SpecException($"'{path}' carries no self-test; bundles that EdgeVision.Exporter writes do");
        }

        var stages = new List<VerificationStage>();
        foreach (var golden in goldens)
        {
            Repeat(model, golden, stages);
        }

        return new VerificationReport(model.Name, stages);
    }

    private static void Repeat(VisionModel model, GoldenSpec golden, List<VerificationStage> stages)
    {
        byte[] rgb = GoldenData.Rgb(golden);
        var (input, transform) = GoldenRecorder.Input(model.Spec.Input, rgb, golden.Width, golden.Height);
        float[] values = GoldenRecorder.Widen(input, model.Spec.Input.Element);
        var (worst, where) = Compare(golden.Input, values, values.Length);
        bool exact = Convert.ToHexStringLower(SHA256.HashData(input)) == golden.InputSha256;
        stages.Add(new(golden.Name, "preprocessing", worst <= golden.Tolerances.Input, worst, golden.Tolerances.Input,
            exact ? "the input tensor, bit for bit" : $"the input tensor, as a share of its range{where}"));

        using var frame = Frame.Borrow(rgb, PixelFormat.Rgb24, golden.Width, golden.Height);
        var result = new VisionResult();
        model.Run(frame, result);
        Inference(model, golden, stages);
        Decoding(model, golden, transform, stages);
        var (difference, place) = ResultComparer.Compare(golden.Results, GoldenRecorder.Json(result, golden.Name), golden.Tolerances);
        stages.Add(new(golden.Name, "results", difference <= 1, difference, 1, $"the whole way, in tolerances{place}"));
    }

    private static void Inference(VisionModel model, GoldenSpec golden, List<VerificationStage> stages)
    {
        var outputs = model.Engine.Results;
        double worst = 0;
        string where = "";
        foreach (var expected in golden.Outputs)
        {
            int index = outputs.IndexOf(expected.Name);
            if (index < 0 || !outputs.Shape(index).SequenceEqual(expected.Shape))
            {
                worst = double.PositiveInfinity;
                where = index < 0 ? $": there is no output '{expected.Name}'" : $": '{expected.Name}' is [{string.Join(", ", outputs.Shape(index).ToArray())}], not [{string.Join(", ", expected.Shape)}]";
                break;
            }

            var (difference, place) = Compare(expected, outputs.Data(index), GoldenData.Count(expected));
            if (difference > worst)
            {
                (worst, where) = (difference, $": '{expected.Name}'{place}");
            }
        }

        stages.Add(new(golden.Name, "inference", worst <= golden.Tolerances.Outputs, worst, golden.Tolerances.Outputs, $"{golden.Outputs.Length} raw output(s), as a share of each one's range{where}"));
    }

    // From the outputs as they were kept, so that the network has no part in it.
    private static void Decoding(VisionModel model, GoldenSpec golden, in FrameTransform transform, List<VerificationStage> stages)
    {
        var tensors = new List<(string, long[], float[])>();
        foreach (var info in model.Engine.Outputs)
        {
            if (golden.Outputs.FirstOrDefault(o => o.Name == info.Name) is not { Data: not null } kept)
            {
                return;
            }

            tensors.Add((kept.Name, kept.Shape, GoldenData.All(kept)!));
        }

        var set = new ArrayTensorSet([.. tensors]);
        var result = new VisionResult { FrameWidth = golden.Width, FrameHeight = golden.Height, Transform = transform };
        for (int i = 0; i < model.Spec.Outputs.Length; i++)
        {
            var head = model.Spec.Outputs[i];
            var decoder = DecoderFactory.Create(model.Spec, head, model.Engine.Outputs, model.Options);
            decoder.Name(result, head.Labels ?? model.Spec.Labels);
            decoder.Decode(set, 0, transform, result);
        }

        var (difference, place) = ResultComparer.Compare(golden.Results, GoldenRecorder.Json(result, golden.Name), golden.Tolerances);
        stages.Add(new(golden.Name, "decoding", difference <= 1, difference, 1, $"results of the raw outputs that were kept, in tolerances{place}"));
    }

    // The largest difference over the range of the expected tensor.
    private static (double Worst, string Where) Compare(GoldenTensor expected, ReadOnlySpan<float> actual, int count)
    {
        if (actual.Length != count || count != GoldenData.Count(expected))
        {
            return (double.PositiveInfinity, $": {actual.Length} numbers, not {GoldenData.Count(expected)}");
        }

        double worst = 0;
        int at = 0;
        double range = Math.Max(expected.Range, 1e-6);
        if (GoldenData.All(expected) is { } all)
        {
            for (int i = 0; i < all.Length; i++)
            {
                double d = Math.Abs((double)all[i] - actual[i]);
                if (!(d <= worst * range))
                {
                    (worst, at) = (double.IsNaN(d) ? double.PositiveInfinity : d / range, i);
                }
            }
        }
        else if (expected.Indices is { } indices && expected.Values is { } some && indices.Length == some.Length)
        {
            for (int i = 0; i < indices.Length; i++)
            {
                if ((uint)indices[i] >= (uint)actual.Length)
                {
                    throw new SpecException($"the self-test's tensor '{expected.Name}' names value {indices[i]} of {actual.Length}");
                }

                double d = Math.Abs((double)some[i] - actual[indices[i]]);
                if (!(d <= worst * range))
                {
                    (worst, at) = (double.IsNaN(d) ? double.PositiveInfinity : d / range, indices[i]);
                }
            }

            // What lies between the samples shows in the mean.
            double sum = 0;
            foreach (float v in actual)
            {
                sum += Math.Abs((double)v);
            }

            double mean = Math.Abs(sum / Math.Max(1, actual.Length) - expected.MeanAbsolute) / range;
            worst = double.IsNaN(mean) ? double.PositiveInfinity : Math.Max(worst, mean);
        }
        else
        {
            throw new SpecException($"the self-test's tensor '{expected.Name}' holds no values");
        }

        return (worst, worst == 0 ? "" : $" at value {at}");
    }
}
