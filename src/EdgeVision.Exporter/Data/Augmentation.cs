namespace EdgeVision.Exporter.Data;

/// <summary>
/// Random changes to pictures whose labels move with them. All that is geometric is one affine map, applied once with bilinear
/// sampling to the pixels and nearest sampling to masks and distances; colour comes after it. The generator given decides everything.
/// </summary>
public sealed record Augmentation
{
    private const float LeastVisible = 0.2f; // of an object's box; what shows less is dropped

    /// <summary>Probability of a mirror image, left and right exchanged.</summary>
    public double Flip { get; init; }

    /// <summary>Probability of an upside-down picture.</summary>
    public double VerticalFlip { get; init; }

    /// <summary>Probability of a cut-out that is enlarged to the whole picture.</summary>
    public double Crop { get; init; }

    /// <summary>Smallest side of the cut-out, as a share of the picture's.</summary>
    public double SmallestCrop { get; init; } = 0.5;

    /// <summary>Range of the enlargement around the middle, such as [0.8, 1.2].</summary>
    public double[] Scale { get; init; } = [1, 1];

    /// <summary>Largest turn, degrees to either side.</summary>
    public double Rotate { get; init; }

    /// <summary>Largest shift, as a share of the sides.</summary>
    public double Translate { get; init; }

    /// <summary>Strength of changes to brightness, contrast, saturation (as shares) and hue (a tenth of it, in turns).</summary>
    public double Colour { get; init; }

    /// <summary>Largest deviation of added noise, in grey levels.</summary>
    public double Noise { get; init; }

    /// <summary>Probability of a blur by 3x3 means.</summary>
    public double Blur { get; init; }

    /// <summary>Probability that four pictures are put together, half the size each, around a random cross.</summary>
    public double Mosaic { get; init; }

    /// <summary>Probability that a rectangle is painted over with noise.</summary>
    public double Erase { get; init; }

    /// <summary>A changed picture of the same size.</summary>
    /// <param name="picture">Picture with its labels.</param>
    /// <param name="labels">For the mirror images of keypoints.</param>
    /// <param name="random">Decides what is done.</param>
    /// <param name="another">Further pictures, for mosaics; without it there are none.</param>
    /// <exception cref="EdgeVisionException">Keypoints would be mirrored, and the data does not say which change places.</exception>
    public LabelledPicture Apply(LabelledPicture picture, DataLabels labels, Random random, Func<LabelledPicture>? another = null)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(random);
        if (Mosaic > 0 && another is not null && random.NextDouble() < Mosaic)
        {
            picture = PictureWarp.Mosaic([picture, another(), another(), another()], random, LeastVisible);
        }

        var map = Draw(picture, labels, random, out bool mirrored);
        if (!map.IsIdentity)
        {
            picture = PictureWarp.Apply(picture, map, LeastVisible);
            if (mirrored)
            {
                picture = picture with { Objects = [.. picture.Objects.Select(o => o with { Keypoints = ExchangeSides(o.Keypoints, labels) })] };
            }
        }

        return Recolour(picture, random);
    }

    private AffineMap Draw(LabelledPicture picture, DataLabels labels, Random random, out bool mirrored)
    {
        double w = picture.Width, h = picture.Height;
        var map = AffineMap.Identity;
        mirrored = Flip > 0 && random.NextDouble() < Flip;
        if (mirrored)
        {
            if (labels.Keypoints.Count > 0 && labels.MirroredKeypoints.Count != labels.Keypoints.Count)
            {
                throw new EdgeVisionException("the data does not say which keypoints change places in a mirror image; leave flip out of the augmentation");
            }

            map = map.Then(new AffineMap(-1, 0, 0, 1, w, 0));
        }

        if (VerticalFlip > 0 && random.NextDouble() < VerticalFlip)
        {
            map = map.Then(new AffineMap(1, 0, 0, -1, 0, h));
        }

        if (Crop > 0 && random.NextDouble() < Crop)
        {
            double share = SmallestCrop + (1 - SmallestCrop) * random.NextDouble();
            double x = (1 - share) * w * random.NextDouble(), y = (1 - share) * h * random.NextDouble();
            map = map.Then(new AffineMap(1 / share, 0, 0, 1 / share, -x / share, -y / share));
        }

        double scale = Scale is [var low, var high] && (low != 1 || high != 1) ? low + (high - low) * random.NextDouble() : 1;
        double angle = Rotate > 0 ? Math.PI / 180 * Rotate * (2 * random.NextDouble() - 1) : 0;
        double dx = Translate > 0 ? w * Translate * (2 * random.NextDouble() - 1) : 0, dy = Translate > 0 ? h * Translate * (2 * random.NextDouble() - 1) : 0;
        if (scale != 1 || angle != 0 || dx != 0 || dy != 0)
        {
            double c = Math.Cos(angle) * scale, s = Math.Sin(angle) * scale;
            map = map.Then(new AffineMap(c, -s, s, c, w / 2 - c * w / 2 + s * h / 2 + dx, h / 2 - s * w / 2 - c * h / 2 + dy));
        }

        return map;
    }

    private static LabelledKeypoint[] ExchangeSides(LabelledKeypoint[] points, DataLabels labels) =>
        points.Length == 0 ? points : [.. labels.MirroredKeypoints.Select(k => points[k])];

    private LabelledPicture Recolour(LabelledPicture picture, Random random)
    {
        byte[]? rgb = null;
        byte[] Own() => rgb ??= (byte[])picture.Rgb.Clone();
        if (Colour > 0)
        {
            PictureColour.Jitter(Own(), Colour, random);
        }

        if (Blur > 0 && random.NextDouble() < Blur)
        {
            rgb = PictureColour.Blur(Own(), picture.Width, picture.Height);
        }

        if (Noise > 0)
        {
            PictureColour.Noise(Own(), Noise * random.NextDouble(), random);
        }

        if (Erase > 0 && random.NextDouble() < Erase)
        {
            PictureColour.Erase(Own(), picture.Width, picture.Height, random);
        }

        return rgb is null ? picture : picture with { Rgb = rgb };
    }
}

/// <summary>x' = Xx x + Xy y + X, y' = Yx x + Yy y + Y, in pixels with pixel (0,0) covering 0..1.</summary>
public readonly record struct AffineMap(double Xx, double Xy, double Yx, double Yy, double X, double Y)
{
    /// <summary>The map that leaves all in place.</summary>
    public static AffineMap Identity { get; } = new(1, 0, 0, 1, 0, 0);

    /// <summary>Whether this map leaves all in place.</summary>
    public bool IsIdentity => this == Identity;

    /// <summary>This map and then another.</summary>
    public AffineMap Then(in AffineMap next) => new(
        next.Xx * Xx + next.Xy * Yx, next.Xx * Xy + next.Xy * Yy, next.Yx * Xx + next.Yy * Yx, next.Yx * Xy + next.Yy * Yy,
        next.Xx * X + next.Xy * Y + next.X, next.Yx * X + next.Yy * Y + next.Y);

    /// <summary>The map back.</summary>
    public AffineMap Inverse()
    {
        double d = Xx * Yy - Xy * Yx;
        return new(Yy / d, -Xy / d, -Yx / d, Xx / d, (Xy * Y - Yy * X) / d, (Yx * X - Xx * Y) / d);
    }

    /// <summary>Where a point goes.</summary>
    public (float X, float Y) Map(double x, double y) => ((float)(Xx * x + Xy * y + X), (float)(Yx * x + Yy * y + Y));
}
