namespace EdgeVision.Decoding.Anchors;

/// <summary>Encodes and decodes boxes relative to anchors: torchvision's BoxCoder (models/detection/_utils.py) in float32.</summary>
/// <remarks>
/// Centers move by fractions of the anchor's sides, and sides grow by exp; log sizes are clamped from above at log(1000/16), and sides are
/// without +1.
/// </remarks>
/// <param name="X">Divisor of the horizontal delta; above 0.</param>
/// <param name="Y">Divisor of the vertical delta.</param>
/// <param name="Width">Divisor of the log width.</param>
/// <param name="Height">Divisor of the log height.</param>
public readonly record struct BoxCoder(float X, float Y, float Width, float Height)
{
    /// <summary>Maximum log size: log(1000 / 16).</summary>
    public const float MaxLogSize = 4.135166556742356f;

    /// <summary>Gets the coder of RetinaNet and of region proposals, with weights 1.</summary>
    public static BoxCoder Unit { get; } = new(1, 1, 1, 1);

    /// <summary>Gets the coder of SSD and of the box head of Faster R-CNN, with weights 10, 10, 5, 5.</summary>
    public static BoxCoder BoxHead { get; } = new(10, 10, 5, 5);

    /// <summary>Returns the box that <paramref name="delta"/>, [4], describes relative to <paramref name="anchor"/>.</summary>
    public Box Decode(in Box anchor, ReadOnlySpan<float> delta)
    {
        float w = anchor.X2 - anchor.X1, h = anchor.Y2 - anchor.Y1;
        float cx = delta[0] / X * w + (anchor.X1 + 0.5f * w), cy = delta[1] / Y * h + (anchor.Y1 + 0.5f * h);
        float pw = MathF.Exp(MathF.Min(delta[2] / Width, MaxLogSize)) * w, ph = MathF.Exp(MathF.Min(delta[3] / Height, MaxLogSize)) * h;
        return new Box(cx - 0.5f * pw, cy - 0.5f * ph, cx + 0.5f * pw, cy + 0.5f * ph);
    }

    /// <summary>
    /// Writes the <paramref name="delta"/>, [4], that describes <paramref name="box"/> relative to <paramref name="anchor"/>.
    /// </summary>
    /// <remarks>The sides of both boxes must be above 0.</remarks>
    public void Encode(in Box anchor, in Box box, Span<float> delta)
    {
        float aw = anchor.X2 - anchor.X1, ah = anchor.Y2 - anchor.Y1, bw = box.X2 - box.X1, bh = box.Y2 - box.Y1;
        delta[0] = X * (box.X1 + 0.5f * bw - (anchor.X1 + 0.5f * aw)) / aw;
        delta[1] = Y * (box.Y1 + 0.5f * bh - (anchor.Y1 + 0.5f * ah)) / ah;
        delta[2] = Width * MathF.Log(bw / aw);
        delta[3] = Height * MathF.Log(bh / ah);
    }
}
