namespace EdgeVision;

/// <summary>
/// Masks as COCO's compressed run lengths: column by column, first the run of zeros, each count as the difference to the
/// one two before, in groups of 5 bits from '0' (pycocotools' rleToString).
/// </summary>
public static class RunLengthMask
{
    /// <summary>Run lengths of a mask. <paramref name="at"/> tells whether the pixel at (x, y) is set.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="at">Pixel by column and row.</param>
    public static string Encode(int width, int height, Func<int, int, bool> at)
    {
        ArgumentNullException.ThrowIfNull(at);
        var counts = new List<uint>();
        bool value = false;
        uint run = 0;
        for (int x = 0; x < width; x++)
        {
            for (int y = 0; y < height; y++)
            {
                if (at(x, y) != value)
                {
                    counts.Add(run);
                    run = 0;
                    value = !value;
                }

                run++;
            }
        }

        counts.Add(run);
        return Compress(counts);
    }

    /// <summary>Run lengths of detection <paramref name="index"/>'s mask in the plane of the network's input.</summary>
    public static string Encode(Detections detections, int index)
    {
        ArgumentNullException.ThrowIfNull(detections);
        var region = detections.MaskRegion(index);
        byte[] mask = detections.Mask(index).ToArray();
        return Encode(detections.MaskWidth, detections.MaskHeight, (x, y) =>
        {
            int mx = x - region.X, my = y - region.Y;
            return (uint)mx < (uint)region.Width && (uint)my < (uint)region.Height && mask[my * region.Width + mx] != 0;
        });
    }

    /// <summary>The mask of compressed run lengths, row-major, 0 or 1, height * width bytes.</summary>
    /// <exception cref="FormatException">The text is no run lengths of that size.</exception>
    public static byte[] Decode(string counts, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(counts);
        byte[] mask = new byte[checked(width * height)];
        var runs = new List<long>();
        long at = 0;
        bool value = false;
        for (int p = 0; p < counts.Length;)
        {
            long x = 0;
            int k = 0;
            bool more = true;
            while (more)
            {
                if (p >= counts.Length || counts[p] < 48 || counts[p] > 111 || k > 12)
                {
                    throw new FormatException("the run lengths are damaged");
                }

                long c = counts[p++] - 48;
                x |= (c & 0x1f) << (5 * k);
                more = (c & 0x20) != 0;
                k++;
                if (!more && (c & 0x10) != 0)
                {
                    x |= -1L << (5 * k);
                }
            }

            if (runs.Count > 2)
            {
                x += runs[^2];
            }

            if (x < 0 || at + x > mask.Length)
            {
                throw new FormatException($"the run lengths do not fit {width}x{height}");
            }

            runs.Add(x);
            for (long end = at + x; at < end; at++)
            {
                mask[at % height * width + at / height] = value ? (byte)1 : (byte)0;
            }

            value = !value;
        }

        return at == mask.Length ? mask : throw new FormatException($"the run lengths cover {at} of {mask.Length} pixels");
    }

    private static string Compress(List<uint> counts)
    {
        var text = new System.Text.StringBuilder();
        for (int i = 0; i < counts.Count; i++)
        {
            long x = counts[i];
            if (i > 2)
            {
                x -= counts[i - 2];
            }

            bool more = true;
            while (more)
            {
                long c = x & 0x1f;
                x >>= 5;
                more = (c & 0x10) != 0 ? x != -1 : x != 0;
                text.Append((char)((more ? c | 0x20 : c) + 48));
            }
        }

        return text.ToString();
    }
}
