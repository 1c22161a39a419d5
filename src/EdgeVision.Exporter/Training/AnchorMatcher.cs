namespace EdgeVision.Exporter.Training;

/// <summary>Assigns anchors to objects as torchvision's Matcher does with low-quality matches allowed.</summary>
public static class AnchorMatcher
{
    /// <summary>Marks an anchor as background.</summary>
    public const int Background = -1;

    /// <summary>Marks an anchor as ignored: too close to an object for background, too far for a match.</summary>
    public const int Ignored = -2;

    /// <summary>Returns the index of the object of each anchor, <see cref="Background"/> or <see cref="Ignored"/>.</summary>
    /// <remarks>
    /// By default anchors are background below an IoU of 0.4 and ignored below 0.5. The best anchors of every object match it
    /// at any IoU, so that no object is lost.
    /// </remarks>
    public static int[] Match(ReadOnlySpan<Box> anchors, ReadOnlySpan<Box> objects, float foreground = 0.5f, float background = 0.4f)
    {
        var result = new int[anchors.Length];
        var nearest = new int[anchors.Length];
        Span<float> bestOfObject = new float[objects.Length];
        for (int a = 0; a < anchors.Length; a++)
        {
            float best = 0;
            for (int o = 0; o < objects.Length; o++)
            {
                float iou = Iou(anchors[a], objects[o]);
                bestOfObject[o] = Math.Max(bestOfObject[o], iou);
                if (iou > best)
                {
                    best = iou;
                    nearest[a] = o;
                }
            }

            result[a] = best >= foreground ? nearest[a] : best >= background ? Ignored : Background;
        }

        for (int o = 0; o < objects.Length; o++)
        {
            for (int a = 0; a < anchors.Length && bestOfObject[o] > 0; a++)
            {
                if (Iou(anchors[a], objects[o]) == bestOfObject[o])
                {
                    result[a] = nearest[a];
                }
            }
        }

        return result;
    }

    /// <summary>Computes the intersection over union.</summary>
    public static float Iou(in Box a, in Box b)
    {
        float w = Math.Min(a.X2, b.X2) - Math.Max(a.X1, b.X1), h = Math.Min(a.Y2, b.Y2) - Math.Max(a.Y1, b.Y1);
        if (w <= 0 || h <= 0)
        {
            return 0;
        }

        float intersection = w * h;
        return intersection / (a.Width * a.Height + b.Width * b.Height - intersection);
    }
}

/// <summary>Converts between boxes and offsets from anchors, as torchvision's BoxCoder with weights 1.</summary>
public static class AnchorBoxCoder
{
    private const float MaxGrowth = 4.135166556742356f; // log(1000 / 16)

    /// <summary>Returns the offsets (dx, dy, dw, dh) from an anchor to a box.</summary>
    public static (float Dx, float Dy, float Dw, float Dh) Encode(in Box anchor, in Box box) => (
        ((box.X1 + box.X2) - (anchor.X1 + anchor.X2)) / 2 / anchor.Width,
        ((box.Y1 + box.Y2) - (anchor.Y1 + anchor.Y2)) / 2 / anchor.Height,
        MathF.Log(box.Width / anchor.Width),
        MathF.Log(box.Height / anchor.Height));

    /// <summary>Returns the box at the given offsets; growth is limited.</summary>
    public static Box Decode(in Box anchor, ReadOnlySpan<float> deltas)
    {
        float x = deltas[0] * anchor.Width + (anchor.X1 + anchor.X2) / 2, y = deltas[1] * anchor.Height + (anchor.Y1 + anchor.Y2) / 2;
        float w = MathF.Exp(Math.Min(deltas[2], MaxGrowth)) * anchor.Width / 2,
            h = MathF.Exp(Math.Min(deltas[3], MaxGrowth)) * anchor.Height / 2;
        return new Box(x - w, y - h, x + w, y + h);
    }
}
