namespace EdgeVision.Exporter.Data;

/// <summary>Random changes to images and their labels, decided by the given generator alone.</summary>
/// <remarks>
/// All geometric changes form one affine map, which is applied once, with bilinear sampling to the pixels and nearest sampling
/// to masks and distances; color changes come after it.
/// </remarks>
public sealed record Augmentation
{
    private const float MinVisibleShare = 0.2f; // minimum share of an object's box; objects that show less are dropped

    /// <summary>Probability of a horizontal flip.</summary>
    public double Flip { get; init; }

    /// <summary>Probability of a vertical flip.</summary>
    public double VerticalFlip { get; init; }

    /// <summary>Probability of a random crop that is enlarged to the full image.</summary>
    public double Crop { get; init; }

    /// <summary>Minimum side of the crop, as a share of the image's side.</summary>
    public double SmallestCrop { get; init; } = 0.5;

    /// <summary>Range of the scale factor around the center, such as [0.8, 1.2].</summary>
    public double[] Scale { get; init; } = [1, 1];

    /// <summary>Maximum rotation in degrees, in both directions.</summary>
    public double Rotate { get; init; }

    /// <summary>Maximum translation, as a share of the sides.</summary>
    public double Translate { get; init; }

    /// <summary>
    /// Strength of changes to brightness, contrast, saturation (as shares) and hue (a tenth of it, in full turns).
    /// </summary>
    public double Colour { get; init; }

    /// <summary>Maximum standard deviation of added noise, in gray levels.</summary>
    public double Noise { get; init; }

    /// <summary>Probability of a 3x3 box blur.</summary>
    public double Blur { get; init; }

    /// <summary>Probability of a mosaic: four images at half size around a random center.</summary>
    public double Mosaic { get; init; }

    /// <summary>Probability that a random rectangle is replaced by noise.</summary>
    public double Erase { get; init; }

    /// <summary>Returns a changed image of the same size.</summary>
    /// <param name="image">Image with its labels.</param>
    /// <param name="labels">Labels of the data, for mirrored keypoints.</param>
    /// <param name="random">Generator that decides all changes.</param>
    /// <param name="nextImage">Supplies further images for mosaics; no mosaics when null.</param>
    /// <exception cref="EdgeVisionException">
    /// Keypoints would be mirrored, but the data does not say which ones change places.
    /// </exception>
    public LabelledImage Apply(LabelledImage image, DataLabels labels, Random random, Func<LabelledImage>? nextImage = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(random);
        if (Mosaic > 0 && nextImage is not null && random.NextDouble() < Mosaic)
        {
            image = ImageWarp.Mosaic([image, nextImage(), nextImage(), nextImage()], random, MinVisibleShare);
        }

        var map = Draw(image, labels, random, out bool mirrored);
        if (!map.IsIdentity)
        {
            image = ImageWarp.Apply(image, map, MinVisibleShare);
            if (mirrored)
            {
                image = image with
                {
                    Objects = [.. image.Objects.Select(o => o with { Keypoints = ExchangeSides(o.Keypoints, labels) })],
                };
            }
        }

        return Recolour(image, random);
    }

    private AffineTransform Draw(LabelledImage picture, DataLabels labels, Random random, out bool mirrored)
    {
        double w = picture.Width, h = picture.Height;
        var map = AffineTransform.Identity;
        mirrored = Flip > 0 && random.NextDouble() < Flip;
        if (mirrored)
        {
            if (labels.Keypoints.Count > 0 && labels.MirroredKeypoints.Count != labels.Keypoints.Count)
            {
                throw new EdgeVisionException(
                    "The data does not define which keypoints change places in a mirror image; remove 'flip' from the augmentation");
            }

            map = map.Then(new AffineTransform(-1, 0, 0, 1, w, 0));
        }

        if (VerticalFlip > 0 && random.NextDouble() < VerticalFlip)
        {
            map = map.Then(new AffineTransform(1, 0, 0, -1, 0, h));
        }

        if (Crop > 0 && random.NextDouble() < Crop)
        {
            double share = SmallestCrop + (1 - SmallestCrop) * random.NextDouble();
            double x = (1 - share) * w * random.NextDouble(), y = (1 - share) * h * random.NextDouble();
            map = map.Then(new AffineTransform(1 / share, 0, 0, 1 / share, -x / share, -y / share));
        }

        double scale = Scale is [var low, var high] && (low != 1 || high != 1) ? low + (high - low) * random.NextDouble() : 1;
        double angle = Rotate > 0 ? Math.PI / 180 * Rotate * (2 * random.NextDouble() - 1) : 0;
        double dx = Translate > 0 ? w * Translate * (2 * random.NextDouble() - 1) : 0,
            dy = Translate > 0 ? h * Translate * (2 * random.NextDouble() - 1) : 0;
        if (scale != 1 || angle != 0 || dx != 0 || dy != 0)
        {
            double c = Math.Cos(angle) * scale, s = Math.Sin(angle) * scale;
            map = map.Then(new AffineTransform(c, -s, s, c, w / 2 - c * w / 2 + s * h / 2 + dx, h / 2 - s * w / 2 - c * h / 2 + dy));
        }

        return map;
    }

    private static LabelledKeypoint[] ExchangeSides(LabelledKeypoint[] points, DataLabels labels) =>
        points.Length == 0 ? points : [.. labels.MirroredKeypoints.Select(k => points[k])];

    private LabelledImage Recolour(LabelledImage picture, Random random)
    {
        byte[]? rgb = null;
        byte[] Own() => rgb ??= (byte[])picture.Rgb.Clone();
        if (Colour > 0)
        {
            PixelAugmentation.Jitter(Own(), Colour, random);
        }

        if (Blur > 0 && random.NextDouble() < Blur)
        {
            rgb = PixelAugmentation.Blur(Own(), picture.Width, picture.Height);
        }

        if (Noise > 0)
        {
            PixelAugmentation.Noise(Own(), Noise * random.NextDouble(), random);
        }

        if (Erase > 0 && random.NextDouble() < Erase)
        {
            PixelAugmentation.Erase(Own(), picture.Width, picture.Height, random);
        }

        return rgb is null ? picture : picture with { Rgb = rgb };
    }
}

/// <summary>Affine map x' = Xx x + Xy y + X, y' = Yx x + Yy y + Y, in pixels, where pixel (0,0) covers 0..1.</summary>
public readonly record struct AffineTransform(double Xx, double Xy, double Yx, double Yy, double X, double Y)
{
    /// <summary>Gets the identity map.</summary>
    public static AffineTransform Identity { get; } = new(1, 0, 0, 1, 0, 0);

    /// <summary>Gets whether this map is the identity.</summary>
    public bool IsIdentity => this == Identity;

    /// <summary>Returns this map followed by another.</summary>
    public AffineTransform Then(in AffineTransform next) => new(
        next.Xx * Xx + next.Xy * Yx, next.Xx * Xy + next.Xy * Yy, next.Yx * Xx + next.Yy * Yx, next.Yx * Xy + next.Yy * Yy,
        next.Xx * X + next.Xy * Y + next.X, next.Yx * X + next.Yy * Y + next.Y);

    /// <summary>Returns the inverse map.</summary>
    public AffineTransform Inverse()
    {
        double d = Xx * Yy - Xy * Yx;
        return new(Yy / d, -Xy / d, -Yx / d, Xx / d, (Xy * Y - Yy * X) / d, (Yx * X - Xx * Y) / d);
    }

    /// <summary>Returns the mapped point.</summary>
    public (float X, float Y) Transform(double x, double y) => ((float)(Xx * x + Xy * y + X), (float)(Yx * x + Yy * y + Y));
}
