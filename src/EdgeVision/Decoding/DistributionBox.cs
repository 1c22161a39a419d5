namespace EdgeVision;

/// <summary>
/// A side as a distribution over bins (generalized focal loss, Li et al. 2020): the expectation of softmax, sum of i * p(i). The distances to left, top,
/// right and bottom follow each other, <c>bins</c> logits each.
/// </summary>
internal static class DistributionBox
{
    /// <summary>Expected distance in strides of <paramref name="bins"/> logits that lie <paramref name="step"/> apart.</summary>
    public static float Expectation(ReadOnlySpan<float> data, int at, int step, int bins)
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
