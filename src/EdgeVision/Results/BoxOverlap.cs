namespace EdgeVision;

/// <summary>
/// Overlap of two axis-aligned boxes in float32, areas without +1, as torchvision.ops computes it. Boxes without area give NaN where
/// the reference divides 0 by 0.
/// </summary>
public static class BoxOverlap
{
    /// <summary>Intersection over union, 0..1 (torchvision.ops.box_iou).</summary>
    public static float Iou(in Box a, in Box b)
    {
        var (inter, union) = Areas(a, b);
        return inter / union;
    }

    /// <summary>Generalised IoU, -1..1 (torchvision.ops.generalized_box_iou; Rezatofighi et al. 2019): IoU less the part of the hull that is in neither.</summary>
    public static float GeneralizedIou(in Box a, in Box b)
    {
        var (inter, union) = Areas(a, b);
        float hull = MathF.Max(MathF.Max(a.X2, b.X2) - MathF.Min(a.X1, b.X1), 0) * MathF.Max(MathF.Max(a.Y2, b.Y2) - MathF.Min(a.Y1, b.Y1), 0);
        return inter / union - (hull - union) / hull;
    }

    /// <summary>
    /// Distance IoU, -1..1 (torchvision.ops.distance_box_iou; Zheng et al. 2020): IoU less the squared distance of the centres over the
    /// squared diagonal of the hull, to which 1e-7 is added.
    /// </summary>
    public static float DistanceIou(in Box a, in Box b)
    {
        var (inter, union) = Areas(a, b);
        float w = MathF.Max(MathF.Max(a.X2, b.X2) - MathF.Min(a.X1, b.X1), 0), h = MathF.Max(MathF.Max(a.Y2, b.Y2) - MathF.Min(a.Y1, b.Y1), 0);
        float dx = (a.X1 + a.X2) / 2 - (b.X1 + b.X2) / 2, dy = (a.Y1 + a.Y2) / 2 - (b.Y1 + b.Y2) / 2;
        return inter / union - (dx * dx + dy * dy) / (w * w + h * h + 1e-7f);
    }

    private static (float Inter, float Union) Areas(in Box a, in Box b)
    {
        float w = MathF.Max(MathF.Min(a.X2, b.X2) - MathF.Max(a.X1, b.X1), 0), h = MathF.Max(MathF.Min(a.Y2, b.Y2) - MathF.Max(a.Y1, b.Y1), 0);
        float inter = w * h;
        return (inter, a.Width * a.Height + b.Width * b.Height - inter);
    }
}
