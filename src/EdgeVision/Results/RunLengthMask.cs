namespace EdgeVision.Results;

/// <summary>Encodes and decodes masks as COCO's compressed run lengths (pycocotools' rleToString).</summary>
/// <remarks>
/// Column by column, starting with a run of zeros; each count is stored as the difference from the count two before, in groups of 5 bits
/// offset by '0'.
/// </remarks>
public static class RunLengthMask
{
    /// <summary>Encodes a mask. <paramref name="isSet"/> returns whether the pixel at (x, y) is set.</summary>
    /// <param name="width">Number of columns.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="isSet">Returns whether the pixel at a column and row is set.</param>
    public static string Encode(int width, int height, Func<int, int, bool> isSet)
    {
        ArgumentNullException.ThrowIfNull(isSet);
        var counts = new List<uint>();
        bool value = false;
        uint run = 0;
        for (int x = 0; x < width; x++)
        {
            for (int y = 0; y < height; y++)
            {
                if (isSet(x, y) != value)
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

    /// <summary>Encodes the mask of detection <paramref name="index"/> in the plane of the network's input.</summary>
    public static string Encode(Detections detections, int index)
    {
        ArgumentNullException.ThrowIfNull(detections);
        var region = detections.GetMaskRegion(index);
        byte[] mask = detections.GetMask(index).ToArray();
        return Encode(detections.MaskWidth, detections.MaskHeight, (x, y) =>
        {
            int mx = x - region.X, my = y - region.Y;
            return (uint)mx < (uint)region.Width && (uint)my < (uint)region.Height && mask[my * region.Width + mx] != 0;
        });
    }

    /// <summary>Decodes compressed run lengths to a mask: row-major, 0 or 1, height * width bytes.</summary>
    /// <exception cref="FormatException">The text is not a valid run-length encoding of that size.</exception>
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
                throw new FormatException($"the run lengths exceed the {mask.Length} pixels of {width}x{height}");
            }

            runs.Add(x);
            for (long end = at + x; at < end; at++)
            {
                mask[at % height * width + at / height] = value ? (byte)1 : (byte)0;
            }

            value = !value;
        }

        return at == mask.Length ? mask : throw new FormatException($"the run lengths must cover {mask.Length} pixels; got {at}");
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
