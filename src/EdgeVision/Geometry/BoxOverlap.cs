namespace EdgeVision.Geometry;

/// <summary>Computes the overlap of two axis-aligned boxes in float32, as torchvision.ops does.</summary>
/// <remarks>Areas are computed without +1. Boxes without area give NaN where the reference divides 0 by 0.</remarks>
internal static class BoxOverlap
{
    /// <summary>Computes the intersection over union, 0..1 (torchvision.ops.box_iou).</summary>
    public static float Iou(in Box a, in Box b)
    {
        var (inter, union) = Areas(a, b);
        return inter / union;
    }

    /// <summary>Computes the generalized IoU, -1..1 (torchvision.ops.generalized_box_iou; Rezatofighi et al. 2019).</summary>
    /// <remarks>IoU minus the fraction of the hull that is in neither box.</remarks>
    public static float GeneralizedIou(in Box a, in Box b)
    {
        var (inter, union) = Areas(a, b);
        float hull = MathF.Max(MathF.Max(a.X2, b.X2) - MathF.Min(a.X1, b.X1), 0)
            * MathF.Max(MathF.Max(a.Y2, b.Y2) - MathF.Min(a.Y1, b.Y1), 0);
        return inter / union - (hull - union) / hull;
    }

    /// <summary>Computes the distance IoU, -1..1 (torchvision.ops.distance_box_iou; Zheng et al. 2020).</summary>
    /// <remarks>
    /// IoU minus the squared distance of the centers divided by the squared diagonal of the hull, to which 1e-7 is added.
    /// </remarks>
    public static float DistanceIou(in Box a, in Box b)
    {
        var (inter, union) = Areas(a, b);
        float w = MathF.Max(MathF.Max(a.X2, b.X2) - MathF.Min(a.X1, b.X1), 0);
        float h = MathF.Max(MathF.Max(a.Y2, b.Y2) - MathF.Min(a.Y1, b.Y1), 0);
        float dx = (a.X1 + a.X2) / 2 - (b.X1 + b.X2) / 2, dy = (a.Y1 + a.Y2) / 2 - (b.Y1 + b.Y2) / 2;
        return inter / union - (dx * dx + dy * dy) / (w * w + h * h + 1e-7f);
    }

    private static (float Inter, float Union) Areas(in Box a, in Box b)
    {
        float w = MathF.Max(MathF.Min(a.X2, b.X2) - MathF.Max(a.X1, b.X1), 0);
        float h = MathF.Max(MathF.Min(a.Y2, b.Y2) - MathF.Max(a.Y1, b.Y1), 0);
        float inter = w * h;
        return (inter, a.Width * a.Height + b.Width * b.Height - inter);
    }
}
