namespace EdgeVision.Decoding.Yolo;

/// <summary>Box side as a distribution over bins (generalized focal loss, Li et al. 2020).</summary>
/// <remarks>
/// The distance is the expectation of the softmax, the sum of i * p(i). The distances to left, top, right and bottom follow each other,
/// with <c>bins</c> logits each.
/// </remarks>
internal static class DistributionDistance
{
    /// <summary>
    /// Returns the expected distance in strides of <paramref name="bins"/> logits that are <paramref name="step"/> apart.
    /// </summary>
    public static float GetExpectation(ReadOnlySpan<float> data, int at, int step, int bins)
    {
        if (bins == 1)
        {
            return data[at]; // the distance itself (YOLOv6 without distillation)
        }

        float most = data[at];
        for (int i = 1; i < bins; i++)
        {
            most = MathF.Max(most, data[at + i * step]);
        }

        float sum = 0, weighted = 0;
        for (int i = 0; i < bins; i++)
        {
            float e = MathF.Exp(data[at + i * step] - most);
            sum += e;
            weighted += e * i;
        }

        return weighted / sum;
    }
}
