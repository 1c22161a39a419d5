using CsCheck;
using EdgeVision.Preprocessing;
using EdgeVision.Specs;
using Xunit;

namespace EdgeVision.Tests.Preprocessing;

/// <summary>The way into the network's input and back, for any frame, input, crop and fit.</summary>
public sealed class ResizePlanTests
{
    private sealed record Fit(ResizeMode Mode, ResizeRounding Rounding, int Width, int Height, int FrameWidth, int FrameHeight, (int X, int Y, int Width, int Height) Crop);

    private static readonly Gen<Fit> Fits =
        from mode in Gen.Int[0, 3].Select(i => i switch { 0 => ResizeMode.Letterbox, 1 => ResizeMode.Stretch, 2 => ResizeMode.TopLeft, _ => ResizeMode.CenterCrop })
        from rounding in Gen.Bool.Select(truncate => truncate ? ResizeRounding.Truncate : ResizeRounding.HalfToEven)
        from size in Gen.Select(Gen.Int[1, 700], Gen.Int[1, 700])
        from frame in Gen.Select(Gen.Int[1, 2000], Gen.Int[1, 2000])
        from corner in Gen.Select(Gen.Int[0, frame.Item1 - 1], Gen.Int[0, frame.Item2 - 1])
        from side in Gen.Select(Gen.Int[1, frame.Item1 - corner.Item1], Gen.Int[1, frame.Item2 - corner.Item2])
        from whole in Gen.Bool
        select new Fit(mode, rounding, size.Item1, size.Item2, frame.Item1, frame.Item2, whole ? (0, 0, frame.Item1, frame.Item2) : (corner.Item1, corner.Item2, side.Item1, side.Item2));

    [Fact]
    public void There_and_back_is_the_same_place() => Gen.Select(Fits, Gen.Float[0, 1], Gen.Float[0, 1]).Sample((fit, u, v) =>
    {
        var t = Transform(fit);
        float x = fit.Crop.X + u * fit.Crop.Width, y = fit.Crop.Y + v * fit.Crop.Height, ix = u * fit.Width, iy = v * fit.Height;

        // Float32 has seven digits of the frame's pixels, and of the input's scaled up to them.
        float near = 1e-6f * (fit.FrameWidth + fit.FrameHeight) * 4, far = 1e-6f * (fit.Width + fit.Height + t.ScaleX * fit.FrameWidth + t.ScaleY * fit.FrameHeight + Math.Abs(t.PadX) + Math.Abs(t.PadY)) * 4;
        return Math.Abs(t.ToFrameX(t.ToInputX(x)) - x) <= near + far / t.ScaleX && Math.Abs(t.ToFrameY(t.ToInputY(y)) - y) <= near + far / t.ScaleY
            && Math.Abs(t.ToInputX(t.ToFrameX(ix)) - ix) <= far + near * t.ScaleX && Math.Abs(t.ToInputY(t.ToFrameY(iy)) - iy) <= far + near * t.ScaleY;
    });

    [Fact]
    public void The_crop_s_corners_lie_where_the_picture_is_put() => Fits.Where(f => f.Mode is not ResizeMode.CenterCrop).Sample(fit =>
    {
        // Within the pixel by which the fitted size is rounded, and the pad with it.
        var plan = Plan(fit);
        var t = plan.Transform;
        return Math.Abs(t.ToInputX(fit.Crop.X) - plan.Left) <= 1.001f && Math.Abs(t.ToInputY(fit.Crop.Y) - plan.Top) <= 1.001f
            && Math.Abs(t.ToInputX(fit.Crop.X + fit.Crop.Width) - plan.Left - plan.Width) <= 2.001f && Math.Abs(t.ToInputY(fit.Crop.Y + fit.Crop.Height) - plan.Top - plan.Height) <= 2.001f
            && plan.Left >= 0 && plan.Top >= 0 && plan.Left + plan.Width <= fit.Width && plan.Top + plan.Height <= fit.Height;
    });

    [Fact]
    public void The_middle_stays_the_middle() => Fits.Where(f => f.Mode is not ResizeMode.TopLeft).Sample(fit =>
    {
        var t = Transform(fit);
        return Math.Abs(t.ToInputX(fit.Crop.X + fit.Crop.Width / 2f) - fit.Width / 2f) <= 1.01f && Math.Abs(t.ToInputY(fit.Crop.Y + fit.Crop.Height / 2f) - fit.Height / 2f) <= 1.01f;
    });

    private static FrameTransform Transform(Fit fit) => Plan(fit).Transform;

    private static ResizePlan Plan(Fit fit)
    {
        var plan = new ResizePlan();
        plan.Update(new InputSpec { Width = fit.Width, Height = fit.Height, Resize = new ResizeSpec { Mode = fit.Mode, Rounding = fit.Rounding } }, fit.FrameWidth, fit.FrameHeight, fit.Crop);
        return plan;
    }
}
