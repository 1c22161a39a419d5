namespace EdgeVision;

/// <summary>
/// Boxes as distances from anchors, torchvision's BoxCoder (models/detection/_utils.py) in float32: centres move by parts of the
/// anchor's sides, sides grow by exp, log sizes are clamped from above at log(1000/16), sides are without +1.
/// </summary>
/// <param name="X">Divides the horizontal delta; above 0.</param>
/// <param name="Y">Divides the vertical delta.</param>
/// <param name="Width">Divides the log width.</param>
/// <param name="Height">Divides the log height.</param>
public readonly record struct BoxCoder(float X, float Y, float Width, float Height)
{
    /// <summary>Greatest log size: log(1000 / 16).</summary>
    public const float MaxLogSize = 4.135166556742356f;

    /// <summary>Weights of RetinaNet and of proposals.</summary>
    public static BoxCoder Unit { get; } = new(1, 1, 1, 1);

    /// <summary>Weights of SSD and of the box head of Faster R-CNN.</summary>
    public static BoxCoder Ten { get; } = new(10, 10, 5, 5);

    /// <summary>The box that <paramref name="delta"/>, [4], makes of <paramref name="anchor"/>.</summary>
    public Box Decode(in Box anchor, ReadOnlySpan<float> delta)
    {
        float w = anchor.X2 - anchor.X1, h = anchor.Y2 - anchor.Y1;
        float cx = delta[0] / X * w + (anchor.X1 + 0.5f * w), cy = delta[1] / Y * h + (anchor.Y1 + 0.5f * h);
        float pw = MathF.Exp(MathF.Min(delta[2] / Width, MaxLogSize)) * w, ph = MathF.Exp(MathF.Min(delta[3] / Height, MaxLogSize)) * h;
        return new Box(cx - 0.5f * pw, cy - 0.5f * ph, cx + 0.5f * pw, cy + 0.5f * ph);
    }

    /// <summary>Writes to <paramref name="delta"/>, [4], what makes <paramref name="box"/> of <paramref name="anchor"/>; both have sides above 0.</summary>
    public void Encode(in Box anchor, in Box box, Span<float> delta)
    {
        float aw = anchor.X2 - anchor.X1, ah = anchor.Y2 - anchor.Y1, bw = box.X2 - box.X1, bh = box.Y2 - box.Y1;
        delta[0] = X * (box.X1 + 0.5f * bw - (anchor.X1 + 0.5f * aw)) / aw;
        delta[1] = Y * (box.Y1 + 0.5f * bh - (anchor.Y1 + 0.5f * ah)) / ah;
        delta[2] = Width * MathF.Log(bw / aw);
        delta[3] = Height * MathF.Log(bh / ah);
    }
}
