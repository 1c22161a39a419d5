using SkiaSharp;

namespace EdgeVision.Exporter.Data.Folders;

/// <summary>Draws outlines as pixel classes.</summary>
internal static class PolygonMask
{
    /// <summary>Returns class id + 1 for the pixels of each object and 0 elsewhere.</summary>
    /// <remarks>A pixel belongs to an object if its center is inside; later objects overwrite earlier ones.</remarks>
    public static byte[] Draw(IReadOnlyList<LabelledObject> objects, int width, int height)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Alpha8, SKAlphaType.Unpremul));
        bitmap.Erase(SKColors.Transparent);
        using (var canvas = new SKCanvas(bitmap))
        {
            foreach (var item in objects)
            {
                if (item.ClassId + 1 >= LabelledImage.IgnoredPixel)
                {
                    throw new EdgeVisionException(
                        $"Class id in a mask must be below {LabelledImage.IgnoredPixel - 1}; got {item.ClassId}; keep fewer classes");
                }

                using var paint = new SKPaint
                {
                    IsAntialias = false,
                    BlendMode = SKBlendMode.Src,
                    Color = new SKColor(0, 0, 0, item.IsCrowd ? LabelledImage.IgnoredPixel : (byte)(item.ClassId + 1)),
                };
                using var builder = new SKPathBuilder();
                foreach (float[] polygon in item.Polygons)
                {
                    for (int i = 0; i + 1 < polygon.Length; i += 2)
                    {
                        if (i == 0)
                        {
                            builder.MoveTo(polygon[0], polygon[1]);
                        }
                        else
                        {
                            builder.LineTo(polygon[i], polygon[i + 1]);
                        }
                    }

                    builder.Close();
                }

                using var path = builder.Detach();
                canvas.DrawPath(path, paint);
            }
        }

        var mask = new byte[width * height];
        for (int y = 0; y < height; y++)
        {
            bitmap.GetPixelSpan().Slice(y * bitmap.RowBytes, width).CopyTo(mask.AsSpan(y * width));
        }

        return mask;
    }
}
