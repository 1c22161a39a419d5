using EdgeVision.Preprocessing;
using EdgeVision.Specs;
using EdgeVision.Tensors;

namespace EdgeVision.Exporter.Data;

/// <summary>Fits labelled images into a network's input with the runtime's own preprocessing, and maps their labels.</summary>
public static class InputFitter
{
    /// <summary>Returns the image fitted into the input, with its labels in pixels of the input.</summary>
    /// <param name="image">Image of any size.</param>
    /// <param name="input">The network's input.</param>
    /// <param name="planes">Planar bytes [3,H,W] before scale, mean and standard deviation.</param>
    /// <param name="transform">Map between the input and the pixels of the original image.</param>
    public static LabelledImage Fit(LabelledImage image, InputSpec input, out byte[] planes, out FrameTransform transform)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(input);
        var bytes = input with { Element = TensorElement.UInt8, Layout = TensorLayout.Nchw, Scale = 1, Mean = [0], Std = [1] };
        planes = new byte[Preprocessor.GetByteCount(bytes)];
        using (var frame = Frame.Borrow(image.Rgb, PixelFormat.Rgb24, image.Width, image.Height))
        {
            transform = new Preprocessor(bytes).Process(frame, planes);
        }

        var t = transform;
        int plane = input.Width * input.Height;
        var rgb = new byte[plane * 3];
        (int red, int blue) = input.ColorOrder == ColorOrder.Bgr ? (2, 0) : (0, 2);
        for (int i = 0; i < plane; i++)
        {
            (rgb[i * 3], rgb[i * 3 + 1], rgb[i * 3 + 2]) = (planes[red * plane + i], planes[plane + i], planes[blue * plane + i]);
        }

        return image with
        {
            Rgb = rgb,
            Width = input.Width,
            Height = input.Height,
            Objects = [.. image.Objects.Select(o => Move(o, t))],
            Mask = Sample(image.Mask, image, t, LabelledImage.IgnoredPixel),
            Depth = Sample(image.Depth, image, t, float.NaN),
        };
    }

    private static LabelledObject Move(LabelledObject item, in FrameTransform t)
    {
        var transform = t;
        var b = item.Box;
        return item with
        {
            Box = new Box(t.ToInputX(b.X1), t.ToInputY(b.Y1), t.ToInputX(b.X2), t.ToInputY(b.Y2)),
            Polygons =
            [
                .. item.Polygons.Select(p => p.Select((v, i) => i % 2 == 0 ? transform.ToInputX(v) : transform.ToInputY(v)).ToArray())
            ],
            Keypoints = [.. item.Keypoints.Select(k => k with { X = transform.ToInputX(k.X), Y = transform.ToInputY(k.Y) })],
        };
    }

    // Nearest sampling: classes and distances cannot be interpolated.
    private static T[]? Sample<T>(T[]? plane, LabelledImage picture, in FrameTransform t, T outside)
    {
        if (plane is null)
        {
            return null;
        }

        if (picture.Width == t.InputWidth && picture.Height == t.InputHeight && t.ScaleX == 1 && t.ScaleY == 1 && t.PadX == 0
            && t.PadY == 0)
        {
            return plane;
        }

        var result = new T[t.InputWidth * t.InputHeight];
        for (int y = 0; y < t.InputHeight; y++)
        {
            int fromY = (int)MathF.Floor(t.ToFrameY(y + 0.5f));
            for (int x = 0; x < t.InputWidth; x++)
            {
                int fromX = (int)MathF.Floor(t.ToFrameX(x + 0.5f));
                result[y * t.InputWidth + x] = (uint)fromX < (uint)picture.Width && (uint)fromY < (uint)picture.Height
                    ? plane[fromY * picture.Width + fromX]
                    : outside;
            }
        }

        return result;
    }
}
