using System.IO.Compression;
using System.Numerics;

namespace EdgeVision;

/// <summary>
/// Pixels smaller, exactly: each row as the difference to the one above, then Brotli at its fastest. Rows of pictures are alike, so their
/// differences are mostly small numbers.
/// </summary>
internal sealed class FramePacker
{
    private const int Quality = 1, Window = 22;
    private byte[] _tight = [], _differences = [];

    /// <summary>Packs a frame's pixels.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="compress">Whether to try to make them smaller.</param>
    /// <param name="destination">At least as many bytes as the frame has without padding.</param>
    /// <returns>Bytes written and how.</returns>
    public (int Stored, FrameEncoding Encoding) Pack(Frame frame, bool compress, Span<byte> destination)
    {
        int length = FrameBytes.Count(frame.Format, frame.Width, frame.Height);
        if (compress)
        {
            Grow(ref _tight, length);
            Grow(ref _differences, length);
            FrameBytes.Copy(frame, _tight);
            int row = RowOf(frame.Format, frame.Width);
            _tight.AsSpan(0, row).CopyTo(_differences);
            Subtract(_tight.AsSpan(row, length - row), _tight.AsSpan(0, length - row), _differences.AsSpan(row));

            // Noise does not become smaller; it stays as it is.
            if (BrotliEncoder.TryCompress(_differences.AsSpan(0, length), destination[..length], out int packed, Quality, Window))
            {
                return (packed, FrameEncoding.Brotli);
            }
        }

        FrameBytes.Copy(frame, destination);
        return (length, FrameEncoding.Raw);
    }

    /// <summary>Unpacks pixels into a frame with tight rows; false where the bytes are not a frame's of that size.</summary>
    public static bool TryUnpack(ReadOnlySpan<byte> stored, FrameEncoding encoding, Frame frame)
    {
        var pixels = frame.MutableData;
        if (encoding == FrameEncoding.Raw)
        {
            stored.CopyTo(pixels);
            return stored.Length == pixels.Length;
        }

        if (!BrotliDecoder.TryDecompress(stored, pixels, out int length) || length != pixels.Length)
        {
            return false;
        }

        int row = RowOf(frame.Format, frame.Width);
        for (int at = row; at < pixels.Length; at += row)
        {
            int count = Math.Min(row, pixels.Length - at);
            Add(pixels.Slice(at, count), pixels.Slice(at - row, count));
        }

        return true;
    }

    // The first plane's rows; rows of half-size planes are then pairs of theirs, or every second, which are alike too.
    private static int RowOf(PixelFormat format, int width) => width * Frame.BytesPerPixel(format);

    private static void Subtract(ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, Span<byte> difference)
    {
        int i = 0;
        for (; i <= row.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            (new Vector<byte>(row[i..]) - new Vector<byte>(above[i..])).CopyTo(difference[i..]);
        }

        for (; i < row.Length; i++)
        {
            difference[i] = (byte)(row[i] - above[i]);
        }
    }

    private static void Add(Span<byte> row, ReadOnlySpan<byte> above)
    {
        int i = 0;
        for (; i <= row.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            (new Vector<byte>(row[i..]) + new Vector<byte>(above[i..])).CopyTo(row[i..]);
        }

        for (; i < row.Length; i++)
        {
            row[i] += above[i];
        }
    }

    private static void Grow(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new byte[length];
        }
    }
}
