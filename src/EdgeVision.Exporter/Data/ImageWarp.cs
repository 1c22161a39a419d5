namespace EdgeVision.Exporter.Data;

/// <summary>Warps images and their labels.</summary>
internal static class ImageWarp
{
    private const byte Outside = 114; // gray, as in letterboxing

    /// <summary>Returns the mapped image; objects that show less than a share of their box are dropped.</summary>
    public static LabelledImage Apply(LabelledImage image, in AffineTransform map, float minVisible)
    {
        var back = map.Inverse();
        int w = image.Width, h = image.Height;
        return image with
        {
            Rgb = Bilinear(image.Rgb, w, h, back),
            Mask = Nearest(image.Mask, w, h, back, LabelledImage.IgnoredPixel),
            Depth = Nearest(image.Depth, w, h, back, float.NaN),
            Objects = Move(image.Objects, map, new Box(0, 0, w, h), minVisible),
        };
    }

    /// <summary>Returns a mosaic of four images around a random center, with the size of the first one.</summary>
    public static LabelledImage Mosaic(IReadOnlyList<LabelledImage> parts, Random random, float minVisible)
    {
        int w = parts[0].Width, h = parts[0].Height;
        int cx = (int)(w * (0.3 + 0.4 * random.NextDouble())), cy = (int)(h * (0.3 + 0.4 * random.NextDouble()));
        var rgb = new byte[w * h * 3];
        Array.Fill(rgb, Outside);
        byte[]? mask = parts.All(p => p.Mask is not null) ? new byte[w * h] : null;
        mask?.AsSpan().Fill(LabelledImage.IgnoredPixel);
        var objects = new List<LabelledObject>();
        for (int i = 0; i < 4; i++)
        {
            // Each part is scaled to its quadrant, about half its size, and placed against the center; the rest of it is cut
            // off.
            var part = parts[i];
            int x1 = i % 2 == 0 ? 0 : cx, y1 = i < 2 ? 0 : cy, x2 = i % 2 == 0 ? cx : w, y2 = i < 2 ? cy : h;
            double scale = Math.Max((double)(x2 - x1) / part.Width, (double)(y2 - y1) / part.Height);
            double x = i % 2 == 0 ? cx - part.Width * scale : cx, y = i < 2 ? cy - part.Height * scale : cy;
            var map = new AffineTransform(scale, 0, 0, scale, x, y);
            var back = map.Inverse();
            Paste(part.Rgb, part.Width, part.Height, back, rgb, w, x1, y1, x2, y2);
            if (mask is not null)
            {
                for (int row = y1; row < y2; row++)
                {
                    for (int column = x1; column < x2; column++)
                    {
                        var (fx, fy) = back.Transform(column + 0.5, row + 0.5);
                        mask[row * w + column] = part.Mask![Math.Clamp((int)fy, 0, part.Height - 1) * part.Width
                            + Math.Clamp((int)fx, 0, part.Width - 1)];
                    }
                }
            }

            objects.AddRange(Move(part.Objects, map, new Box(x1, y1, x2, y2), minVisible));
        }

        return parts[0] with { Rgb = rgb, Mask = mask, Depth = null, Objects = objects };
    }

    private static List<LabelledObject> Move(IReadOnlyList<LabelledObject> objects, AffineTransform map, Box visible, float leastVisible)
    {
        var moved = new List<LabelledObject>(objects.Count);
        foreach (var item in objects)
        {
            float[][] polygons = [.. item.Polygons.Select(p => Move(p, map))];
            // The hull of a rotated outline is tighter than the hull of its rotated box.
            float[][] corners = polygons.Length > 0
                ? polygons
                : [Move([item.Box.X1, item.Box.Y1, item.Box.X2, item.Box.Y1, item.Box.X2, item.Box.Y2, item.Box.X1, item.Box.Y2], map)];
            var whole = Hull(corners);
            // Clip first: the hull of a clipped outline is smaller than the clipped hull of the outline.
            float[][] cut = [.. corners.Select(p => PolygonClip.ToBox(p, visible)).Where(p => p.Length >= 6)];
            if (cut.Length == 0 || Hull(cut) is var left
                && (left.Width <= 0 || left.Height <= 0 || left.Width * left.Height < leastVisible * whole.Width * whole.Height))
            {
                continue;
            }

            moved.Add(item with
            {
                Box = Hull(cut),
                Polygons = polygons.Length > 0 ? cut : [],
                Keypoints = [.. item.Keypoints.Select(k =>
                {
                    var (x, y) = map.Transform(k.X, k.Y);
                    bool inside = x >= visible.X1 && x <= visible.X2 && y >= visible.Y1 && y <= visible.Y2;
                    return new LabelledKeypoint(x, y, inside ? k.Visibility : 0);
                })],
            });
        }

        return moved;
    }

    private static float[] Move(float[] polygon, in AffineTransform map)
    {
        var result = new float[polygon.Length];
        for (int i = 0; i + 1 < polygon.Length; i += 2)
        {
            (result[i], result[i + 1]) = map.Transform(polygon[i], polygon[i + 1]);
        }

        return result;
    }

    private static Box Hull(float[][] polygons)
    {
        float x1 = float.MaxValue, y1 = float.MaxValue, x2 = float.MinValue, y2 = float.MinValue;
        foreach (float[] polygon in polygons)
        {
            for (int i = 0; i + 1 < polygon.Length; i += 2)
            {
                (x1, x2) = (Math.Min(x1, polygon[i]), Math.Max(x2, polygon[i]));
                (y1, y2) = (Math.Min(y1, polygon[i + 1]), Math.Max(y2, polygon[i + 1]));
            }
        }

        return new Box(x1, y1, x2, y2);
    }

    private static byte[] Bilinear(byte[] rgb, int w, int h, in AffineTransform back)
    {
        var result = new byte[rgb.Length];
        Array.Fill(result, Outside);
        Paste(rgb, w, h, back, result, w, 0, 0, w, h);
        return result;
    }

    // Fixed point with 8 bits: as exact as bytes need, and fast. Samples up to half a pixel outside take the pixel at the edge.
    private static void Paste(byte[] from, int w, int h, in AffineTransform back, byte[] to, int toWidth, int x1, int y1, int x2, int y2)
    {
        for (int y = y1; y < y2; y++)
        {
            for (int x = x1; x < x2; x++)
            {
                double sx = back.Xx * (x + 0.5) + back.Xy * (y + 0.5) + back.X, sy = back.Yx * (x + 0.5) + back.Yy * (y + 0.5) + back.Y;
                if (sx < 0 || sy < 0 || sx > w || sy > h)
                {
                    continue;
                }

                int fx = (int)Math.Floor((sx - 0.5) * 256), fy = (int)Math.Floor((sy - 0.5) * 256);
                int ix = fx >> 8, iy = fy >> 8, ax = fx & 255, ay = fy & 255;
                int left = Math.Clamp(ix, 0, w - 1) * 3, right = Math.Clamp(ix + 1, 0, w - 1) * 3;
                int top = Math.Clamp(iy, 0, h - 1) * w * 3, bottom = Math.Clamp(iy + 1, 0, h - 1) * w * 3;
                int o = (y * toWidth + x) * 3;
                for (int c = 0; c < 3; c++)
                {
                    int upper = from[top + left + c] * (256 - ax) + from[top + right + c] * ax;
                    int lower = from[bottom + left + c] * (256 - ax) + from[bottom + right + c] * ax;
                    to[o + c] = (byte)((upper * (256 - ay) + lower * ay + 32768) >> 16);
                }
            }
        }
    }

    private static T[]? Nearest<T>(T[]? plane, int w, int h, in AffineTransform back, T outside)
    {
        if (plane is null)
        {
            return null;
        }

        var result = new T[plane.Length];
        for (int y = 0; y < h; y++)
        {
            for (int x = 0; x < w; x++)
            {
                var (fx, fy) = back.Transform(x + 0.5, y + 0.5);
                int ix = (int)MathF.Floor(fx), iy = (int)MathF.Floor(fy);
                result[y * w + x] = (uint)ix < (uint)w && (uint)iy < (uint)h ? plane[iy * w + ix] : outside;
            }
        }

        return result;
    }
}

/// <summary>Clips polygons to rectangles (Sutherland and Hodgman 1974).</summary>
internal static class PolygonClip
{
    /// <summary>Returns the part of a polygon (x and y alternating) inside a box; empty if there is none.</summary>
    public static float[] ToBox(float[] polygon, in Box box)
    {
        bool inside = true;
        for (int i = 0; i + 1 < polygon.Length && inside; i += 2)
        {
            inside = polygon[i] >= box.X1 && polygon[i] <= box.X2 && polygon[i + 1] >= box.Y1 && polygon[i + 1] <= box.Y2;
        }

        if (inside)
        {
            return polygon;
        }

        var points = new List<(float X, float Y)>();
        for (int i = 0; i + 1 < polygon.Length; i += 2)
        {
            points.Add((polygon[i], polygon[i + 1]));
        }

        var (x1, y1, x2, y2) = (box.X1, box.Y1, box.X2, box.Y2);
        points = Side(points, p => p.X - x1);
        points = Side(points, p => x2 - p.X);
        points = Side(points, p => p.Y - y1);
        points = Side(points, p => y2 - p.Y);
        return [.. points.SelectMany(p => new[] { p.X, p.Y })];
    }

    private static List<(float X, float Y)> Side(List<(float X, float Y)> points, Func<(float X, float Y), float> distance)
    {
        var kept = new List<(float, float)>();
        for (int i = 0; i < points.Count; i++)
        {
            var (a, b) = (points[i], points[(i + 1) % points.Count]);
            float da = distance(a), db = distance(b);
            if (da >= 0)
            {
                kept.Add(a);
            }

            if (da >= 0 != db >= 0)
            {
                float t = da / (da - db);
                kept.Add((a.X + t * (b.X - a.X), a.Y + t * (b.Y - a.Y)));
            }
        }

        return kept;
    }
}
