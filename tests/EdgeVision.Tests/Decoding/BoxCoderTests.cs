using CsCheck;
using EdgeVision.Decoding.Anchors;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>Encoding and decoding of boxes undo each other; EdgeVision.Fidelity compares with torchvision's numbers.</summary>
public sealed class BoxCoderTests
{
    private static readonly Gen<Box> Boxes = Gen.Select(Gen.Float[-500, 500], Gen.Float[-500, 500], Gen.Float[0.5f, 400], Gen.Float[0.5f, 400], (x, y, w, h) => new Box(x, y, x + w, y + h));

    private static readonly Gen<BoxCoder> Coders = Gen.Int[0, 2].Select(i => i switch { 0 => BoxCoder.Unit, 1 => BoxCoder.BoxHead, _ => new BoxCoder(2, 3, 4, 0.5f) });

    [Fact]
    public void Decoding_what_was_encoded_is_the_box() => Gen.Select(Coders, Boxes, Boxes).Sample((coder, anchor, box) =>
    {
        // Beyond 62.5 times the anchor the decoder clamps, and what it gives is smaller on purpose.
        Span<float> delta = stackalloc float[4];
        coder.Encode(anchor, box, delta);
        var again = coder.Decode(anchor, delta);
        bool clamped = box.Width > 62 * anchor.Width || box.Height > 62 * anchor.Height;
        return clamped ? again.Width <= box.Width * 1.001f && again.Height <= box.Height * 1.001f : Near(box, again, 2e-3f);
    });

    [Fact]
    public void Encoding_what_was_decoded_is_the_delta() => Gen.Select(Coders, Boxes, Gen.Float[-2, 2].Array[4]).Sample((coder, anchor, delta) =>
    {
        Span<float> again = stackalloc float[4];
        coder.Encode(anchor, coder.Decode(anchor, delta), again);

        // Corners of up to 500 pixels leave a small anchor few digits.
        float tolerance = 2e-3f * MathF.Max(1, 100 / MathF.Min(anchor.Width, anchor.Height)) * MathF.Max(coder.X, coder.Y);
        return Math.Abs(again[0] - delta[0]) < tolerance && Math.Abs(again[1] - delta[1]) < tolerance && Math.Abs(again[2] - delta[2]) < tolerance && Math.Abs(again[3] - delta[3]) < tolerance;
    });

    private static bool Near(Box a, Box b, float tolerance) =>
        Math.Max(Math.Max(Math.Abs(a.X1 - b.X1), Math.Abs(a.Y1 - b.Y1)), Math.Max(Math.Abs(a.X2 - b.X2), Math.Abs(a.Y2 - b.Y2))) < tolerance * Math.Max(1, Math.Max(a.Width, a.Height) / 100);
}
