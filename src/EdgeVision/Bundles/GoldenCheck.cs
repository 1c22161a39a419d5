namespace EdgeVision;

/// <summary>
/// Whether a self-test is one at all, before anything is made from it: it comes from outside, and one that keeps nothing or allows
/// everything would agree with any model.
/// </summary>
internal static class GoldenCheck
{
    /// <summary>Most self-tests that a bundle carries.</summary>
    public const int MostGoldens = 16;

    /// <exception cref="SpecException">A part is missing, twice there or impossible.</exception>
    public static void Require(GoldenSpec[] goldens)
    {
        if (goldens.Length > MostGoldens)
        {
            throw new SpecException($"the model carries {goldens.Length} self-tests; {MostGoldens} is the most");
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
                throw new SpecException($"the self-test's output '{twice.Key}' is there twice");
            }
        }
    }

    private static void Tensor(GoldenTensor tensor)
    {
        int count = GoldenData.Count(tensor);
        bool sampled = tensor.Indices is { } indices && tensor.Values is { } values && indices.Length == values.Length && (indices.Length > 0 || count == 0);
        if (tensor.Data is null && !sampled)
        {
            throw new SpecException($"the self-test's tensor '{tensor.Name}' holds no values");
        }

        if (!double.IsFinite(tensor.MeanAbsolute) || !(tensor.Range >= 0) || !double.IsFinite(tensor.Range))
        {
            throw new SpecException($"the self-test's tensor '{tensor.Name}' has an impossible mean or range");
        }
    }

    private static void Tolerances(GoldenTolerances t)
    {
        if (!(t.Input is >= 0 and < 1) || !(t.Outputs is >= 0 and < 1) || !(t.Scores is > 0 and < 1) || !(t.Maps is >= 0 and < 1) || !(t.Pixels is > 0 and <= 64))
        {
            throw new SpecException("the self-test's tolerances are impossible: shares and scores lie in 0..1, pixels in 0..64");
        }
    }
}
