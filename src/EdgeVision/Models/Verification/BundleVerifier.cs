using EdgeVision.Diagnostics;
using EdgeVision.Specs;
using EdgeVision.Tensors;

namespace EdgeVision.Models.Verification;

/// <summary>One stage of a repeated self-test.</summary>
/// <param name="Golden">Name of the golden's image.</param>
/// <param name="Stage">One of preprocessing, inference, decoding, results.</param>
/// <param name="Passed">Whether the difference is within the limit. A stage that cannot be tested alone is not listed.</param>
/// <param name="Difference">Largest difference, in the unit of <paramref name="Limit"/>.</param>
/// <param name="Limit">Largest difference allowed.</param>
/// <param name="Detail">Description of the compared values and of the place of the largest difference.</param>
public sealed record VerificationStage(string Golden, string Stage, bool Passed, double Difference, double Limit, string Detail);

/// <summary>Outcome of a bundle's self-tests.</summary>
/// <param name="Model">Model's name.</param>
/// <param name="Stages">Stages in order, golden by golden.</param>
public sealed record VerificationReport(string Model, IReadOnlyList<VerificationStage> Stages)
{
    /// <summary>Gets whether every stage is within its limits.</summary>
    public bool Passed => Stages.All(s => s.Passed);

    /// <summary>Gets the first stage that failed, which locates the fault; null when all stages passed.</summary>
    public VerificationStage? FirstFailure => Stages.FirstOrDefault(s => !s.Passed);
}

/// <summary>Repeats the self-tests of a bundle with the runtime's own code.</summary>
/// <remarks>
/// Stages: image to tensor, tensor to outputs, recorded outputs to results, and image to results. The first stage that differs locates
/// the fault: preprocessing, the network (or its provider), or decoding.
/// </remarks>
public static class BundleVerifier
{
    /// <summary>Returns the image of a self-test: row-major RGB bytes without padding, width * height * 3.</summary>
    /// <exception cref="ModelFormatException">The self-test is damaged.</exception>
    public static byte[] ReadImage(GoldenSpec golden)
    {
        ArgumentNullException.ThrowIfNull(golden);
        return GoldenData.ReadRgb(golden);
    }

    /// <summary>Repeats every self-test of a model.</summary>
    /// <param name="path">Bundle.</param>
    /// <param name="options">Providers and threads. The batch size is always 1; changed thresholds change the results.</param>
    /// <exception cref="SpecException">The model has no self-test, or a damaged one.</exception>
    /// <exception cref="EdgeVisionException">The model cannot be loaded.</exception>
    public static VerificationReport Verify(string path, RuntimeOptions? options = null)
    {
        using var model = VisionModel.Load(path, (options ?? new RuntimeOptions()) with { BatchSize = 1 });
        if (model.Spec.Goldens is not { Length: > 0 } goldens)
        {
            throw new SpecException($"'{path}' has no self-test; export it with EdgeVision.Exporter, which records one");
        }

        GoldenValidator.Validate(goldens);
        var stages = new List<VerificationStage>();
        foreach (var golden in goldens)
        {
            Repeat(model, golden, stages);
        }

        return new VerificationReport(model.Name, stages);
    }

    private static void Repeat(VisionModel model, GoldenSpec golden, List<VerificationStage> stages)
    {
        byte[] rgb = GoldenData.ReadRgb(golden);
        var (input, transform) = GoldenRecorder.Preprocess(model.Spec.Input, rgb, golden.Width, golden.Height);
        var (worst, where) = GoldenComparer.Compare(golden.Input, GoldenRecorder.ToFloat32(input, model.Spec.Input.Element));
        bool exact = Checksum.ComputeHex(input) == golden.InputSha256;
        stages.Add(new(golden.Name, "preprocessing", worst <= golden.Tolerances.Input, worst, golden.Tolerances.Input,
            exact ? "the input tensor, bit for bit" : $"the input tensor, as a share of its range{where}"));

        Stage("inference", golden.Tolerances.Outputs, () =>
        {
            input.CopyTo(model.Engine.GetInputBytes(GoldenRecorder.FindInputIndex(model)));
            model.Engine.Run();
            return Inference(model.Engine.Results, golden);
        });
        if (Kept(model, golden) is { } outputs)
        {
            Stage("decoding", 1, () =>
                Results("results of the recorded raw outputs", model, golden, Decode(model, outputs, transform)));
        }

        Stage("results", 1, () =>
        {
            using var frame = Frame.Borrow(rgb, PixelFormat.Rgb24, golden.Width, golden.Height);
            return Results("image to results", model, golden, model.Run(frame));
        });

        // A stage that throws (NaN, an operator that the provider cannot run) counts as an infinite difference.
        void Stage(string name, double limit, Func<(double Difference, string Detail)> repeat)
        {
            (double Difference, string Detail) outcome;
            try
            {
                outcome = repeat();
            }
            catch (EdgeVisionException e) when (e is not SpecException)
            {
                outcome = (double.PositiveInfinity, e.Message);
            }

            stages.Add(new(golden.Name, name, outcome.Difference <= limit, outcome.Difference, limit, outcome.Detail));
        }
    }

    private static (double, string) Inference(TensorSet outputs, GoldenSpec golden)
    {
        string what = $"{golden.Outputs.Length} raw output(s), as a share of each one's range";
        for (int i = 0; i < outputs.Count; i++)
        {
            if (!golden.Outputs.Any(o => o.Name == outputs.GetName(i)))
            {
                return (double.PositiveInfinity, $"{what}: unexpected output '{outputs.GetName(i)}'");
            }
        }

        foreach (var expected in golden.Outputs)
        {
            int index = outputs.IndexOf(expected.Name);
            if (index < 0 || !outputs.GetShape(index).SequenceEqual(expected.Shape))
            {
                return (double.PositiveInfinity, index < 0
                    ? $"{what}: output '{expected.Name}' is missing"
                    : $"{what}: output '{expected.Name}' must have the shape [{string.Join(", ", expected.Shape)}]; "
                        + $"got [{string.Join(", ", outputs.GetShape(index).ToArray())}]");
            }
        }

        double worst = 0;
        string where = "";
        var found = golden.Outputs.Where(o => o is { Rows: true, Data: not null, Shape: [<= GoldenComparer.MaxRows, ..] }).ToArray();
        if (found.Length > 0 && found.All(o => o.Shape[0] == found[0].Shape[0]))
        {
            (worst, where) = GoldenComparer.CompareRows(found, outputs);
        }
        else
        {
            found = [];
        }

        foreach (var expected in golden.Outputs.Except(found))
        {
            var (difference, place) = GoldenComparer.Compare(expected, outputs.GetData(outputs.IndexOf(expected.Name)));
            if (difference > worst)
            {
                (worst, where) = (difference, $": '{expected.Name}'{place}");
            }
        }

        return (worst, what + where);
    }

    // The recorded outputs, so that decoding is tested without the network; null where one was too large to record.
    private static ArrayTensorSet? Kept(VisionModel model, GoldenSpec golden)
    {
        var tensors = new List<(string, long[], float[])>();
        foreach (var info in model.Engine.Outputs)
        {
            if (golden.Outputs.FirstOrDefault(o => o.Name == info.Name) is not { Data: not null } kept)
            {
                return null;
            }

            tensors.Add((kept.Name, kept.Shape, GoldenData.ReadValues(kept)!));
        }

        return new ArrayTensorSet([.. tensors]);
    }

    private static VisionResult Decode(VisionModel model, TensorSet outputs, in FrameTransform transform)
    {
        var result = new VisionResult();
        new HeadRunner(model.Spec, model.Engine.Outputs, model.Options).Decode(outputs, 0, transform, result);
        return result;
    }

    private static (double, string) Results(string what, VisionModel model, GoldenSpec golden, VisionResult result)
    {
        string json = GoldenRecorder.ToJson(result, golden.Name);
        var (difference, where) = ResultComparer.Compare(golden.Results, json, golden.Tolerances, model.Options.Confidence);
        return (difference, $"{what}, in units of the tolerance{where}");
    }
}
