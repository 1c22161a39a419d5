using EdgeVision.Specs;

namespace EdgeVision.Models.Verification;

/// <summary>Validates self-tests before they are used.</summary>
/// <remarks>Self-tests are untrusted input; one without values or with unlimited tolerances would accept any model.</remarks>
internal static class GoldenValidator
{
    /// <summary>Maximum number of self-tests in a bundle.</summary>
    public const int MaxGoldens = 16;

    /// <exception cref="SpecException">A part is missing, duplicated or invalid.</exception>
    public static void Validate(GoldenSpec[] goldens)
    {
        if (goldens.Length > MaxGoldens)
        {
            throw new SpecException($"a model can have at most {MaxGoldens} self-tests; got {goldens.Length}");
        }

        foreach (var golden in goldens)
        {
            if (golden is null)
            {
                throw new SpecException("a self-test of the model is empty");
            }

            Tolerances(golden.Tolerances);
            Tensor(golden.Input);
            foreach (var output in golden.Outputs)
            {
                Tensor(output ?? throw new SpecException("an output of the self-test is empty"));
            }

            if (golden.Outputs.GroupBy(o => o.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            {
                throw new SpecException($"the self-test's output '{twice.Key}' is duplicated");
            }
        }
    }

    private static void Tensor(GoldenTensor tensor)
    {
        int count = GoldenData.GetValueCount(tensor);
        bool sampled = tensor.Indices is { } indices && tensor.Values is { } values
            && indices.Length == values.Length && (indices.Length > 0 || count == 0);
        if (tensor.Data is null && !sampled)
        {
            throw new SpecException($"the self-test's tensor '{tensor.Name}' holds no values");
        }

        if (!double.IsFinite(tensor.MeanAbsolute) || !(tensor.Range >= 0) || !double.IsFinite(tensor.Range))
        {
            throw new SpecException(FormattableString.Invariant(
                $"the self-test's tensor '{tensor.Name}' must have a finite mean and a finite range of at least 0; ")
                + FormattableString.Invariant($"got mean {tensor.MeanAbsolute}, range {tensor.Range}"));
        }
    }

    private static void Tolerances(GoldenTolerances t)
    {
        if (!(t.Input is >= 0 and < 1) || !(t.Outputs is >= 0 and < 1) || !(t.Scores is > 0 and < 1)
            || !(t.Maps is >= 0 and < 1) || !(t.Pixels is > 0 and <= 64))
        {
            throw new SpecException("the self-test's tolerances are invalid: "
                + "input, outputs, scores and maps must be between 0 and 1, pixels between 0 and 64");
        }
    }
}
