using EdgeVision.Specs;

namespace EdgeVision.Profiling.Selection;

/// <summary>Accuracy metric recorded in a bundle at export, under the name that <c>edgevision eval</c> uses.</summary>
internal static class ModelCardMetric
{
    // In order of preference for a model with several: the strictest of its kind first.
    private static readonly (string Key, string Name)[] Known =
    [
        ("mAP@.50:.95", "mAP@.50:.95"), ("mAP@0.5", "mAP@0.5"), ("map50", "mAP@0.5"), ("top1", "top-1"), ("mIoU", "mIoU"),
        ("OKS-AP", "OKS mAP@.50:.95"), ("PCK@0.1", "PCK@0.1"), ("recall@1", "recall@1"),
    ];

    /// <summary>Returns name and value; null if the bundle records none.</summary>
    public static (string Name, double Value)? FromSpec(ModelSpec? spec)
    {
        foreach (var (key, name) in Known)
        {
            foreach (var (own, value) in spec?.Provenance?.Metrics ?? [])
            {
                // Heads prefix their name: detect.mAP@0.5.
                if ((own == key || own.EndsWith("." + key, StringComparison.Ordinal)) && value is >= 0 and <= 1)
                {
                    return (name, value);
                }
            }
        }

        return null;
    }
}
