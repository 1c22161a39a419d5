using TorchSharp;

namespace EdgeVision.Exporter.Losses;

/// <summary>Complete IoU (Zheng et al. 2020): 1 for equal boxes, down to -1.5.</summary>
/// <remarks>
/// IoU, minus the squared distance of the centers divided by the squared diagonal of the enclosing box, minus a term for the
/// difference of the aspect ratios.
/// </remarks>
public static class CompleteIou
{
    private const double Epsilon = 1e-7;

    /// <summary>Computes the complete IoU of two boxes.</summary>
    public static float Compute(in Box a, in Box b)
    {
        const float e = (float)Epsilon;
        float wa = a.Width, ha = a.Height + e, wb = b.Width, hb = b.Height + e;
        float intersection = Math.Max(0, Math.Min(a.X2, b.X2) - Math.Max(a.X1, b.X1))
            * Math.Max(0, Math.Min(a.Y2, b.Y2) - Math.Max(a.Y1, b.Y1));
        float iou = intersection / (wa * ha + wb * hb - intersection + e);
        float cw = Math.Max(a.X2, b.X2) - Math.Min(a.X1, b.X1), ch = Math.Max(a.Y2, b.Y2) - Math.Min(a.Y1, b.Y1);
        float dx = (b.X1 + b.X2 - a.X1 - a.X2) / 2, dy = (b.Y1 + b.Y2 - a.Y1 - a.Y2) / 2;
        float turn = MathF.Atan(wb / hb) - MathF.Atan(wa / ha), v = 4 / (MathF.PI * MathF.PI) * turn * turn;
        return iou - (dx * dx + dy * dy) / (cw * cw + ch * ch + e) - v * v / (v - iou + 1 + e);
    }

    /// <summary>Computes the complete IoU of the rows of two tensors [N,4] (x1, y1, x2, y2) as [N].</summary>
    /// <remarks>The weight of the aspect term has no gradient.</remarks>
    public static torch.Tensor Compute(torch.Tensor a, torch.Tensor b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        var (ax1, ay1, ax2, ay2) = Sides(a);
        var (bx1, by1, bx2, by2) = Sides(b);
        var (wa, ha, wb, hb) = (ax2 - ax1, ay2 - ay1 + Epsilon, bx2 - bx1, by2 - by1 + Epsilon);
        var intersection = (torch.minimum(ax2, bx2) - torch.maximum(ax1, bx1)).clamp_min(0)
            * (torch.minimum(ay2, by2) - torch.maximum(ay1, by1)).clamp_min(0);
        var iou = intersection / (wa * ha + wb * hb - intersection + Epsilon);
        var diagonal = (torch.maximum(ax2, bx2) - torch.minimum(ax1, bx1)).square()
            + (torch.maximum(ay2, by2) - torch.minimum(ay1, by1)).square() + Epsilon;
        var distance = ((bx1 + bx2 - ax1 - ax2).square() + (by1 + by2 - ay1 - ay2).square()) / 4;
        var v = (torch.atan(wb / hb) - torch.atan(wa / ha)).square() * (4 / (Math.PI * Math.PI));
        torch.Tensor alpha;
        using (torch.no_grad())
        {
            alpha = v / (v - iou + (1 + Epsilon));
        }

        return iou - distance / diagonal - v * alpha;
    }

    private static (torch.Tensor X1, torch.Tensor Y1, torch.Tensor X2, torch.Tensor Y2) Sides(torch.Tensor boxes)
    {
        var sides = boxes.unbind(1);
        return (sides[0], sides[1], sides[2], sides[3]);
    }
}
