namespace EdgeVision;

/// <summary>The figure of accuracy that a bundle carries from its export, by the name that <c>edgevision eval</c> gives it.</summary>
internal static class CardMetric
{
    // What stands for a model that has several: the strictest of its kind.
    private static readonly (string Key, string Name)[] Known =
    [
        ("mAP@.50:.95", "mAP@.50:.95"), ("mAP@0.5", "mAP@0.5"), ("map50", "mAP@0.5"), ("top1", "top-1"), ("mIoU", "mIoU"), ("OKS-AP", "OKS mAP@.50:.95"), ("PCK@0.1", "PCK@0.1"), ("recall@1", "recall@1"),
    ];

    /// <summary>Name and value; null where the bundle carries none.</summary>
    public static (string Name, double Value)? Of(ModelSpec? spec)
    {
        foreach (var (key, name) in Known)
        {
            foreach (var (own, value) in spec?.Provenance?.Metrics ?? [])
            {
                // Heads put their name in front: detect.mAP@0.5.
                if ((own == key || own.EndsWith("." + key, StringComparison.Ordinal)) && value is >= 0 and <= 1)
                {
                    return (name, value);
                }
            }
        }

        return null;
    }
}
