using System.IO.Compression;
using System.Numerics;
using EdgeVision.Frames;

namespace EdgeVision.Pipeline.Recording;

/// <summary>Compresses pixels losslessly: each row as the difference to the row above, then Brotli at its fastest.</summary>
/// <remarks>Neighbouring rows of an image are similar, so that their differences are mostly small numbers.</remarks>
internal sealed class FrameCompressor
{
    private const int Quality = 1, Window = 22;
    private byte[] _tight = [], _differences = [];

    /// <summary>Compresses the pixels of a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="compress">True to try compression.</param>
    /// <param name="destination">Buffer of at least the size of the frame without row padding.</param>
    /// <returns>Number of bytes written and their encoding.</returns>
    public (int Stored, FrameEncoding Encoding) Compress(Frame frame, bool compress, Span<byte> destination)
    {
        int length = PackedFrame.GetByteCount(frame.Format, frame.Width, frame.Height);
        if (compress)
        {
            Grow(ref _tight, length);
            Grow(ref _differences, length);
            PackedFrame.Copy(frame, _tight);
            int row = GetRowLength(frame.Format, frame.Width);
            _tight.AsSpan(0, row).CopyTo(_differences);
            Subtract(_tight.AsSpan(row, length - row), _tight.AsSpan(0, length - row), _differences.AsSpan(row));

            // Noise does not compress; it is stored raw.
            if (BrotliEncoder.TryCompress(_differences.AsSpan(0, length), destination[..length], out int packed, Quality, Window))
            {
                return (packed, FrameEncoding.Brotli);
            }
        }

        PackedFrame.Copy(frame, destination);
        return (length, FrameEncoding.Raw);
    }

    /// <summary>Decompresses pixels into a frame without row padding; false if the bytes do not match a frame of that size.</summary>
    public static bool TryDecompress(ReadOnlySpan<byte> stored, FrameEncoding encoding, Frame frame)
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

        int row = GetRowLength(frame.Format, frame.Width);
        for (int at = row; at < pixels.Length; at += row)
        {
            int count = Math.Min(row, pixels.Length - at);
            Add(pixels.Slice(at, count), pixels.Slice(at - row, count));
        }

        return true;
    }

    // Row of the first plane; in subsampled planes this length covers several rows, which are similar, too.
    private static int GetRowLength(PixelFormat format, int width) => width * Frame.GetBytesPerPixel(format);

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
