using System.Runtime.Intrinsics;
using EdgeVision.Preprocessing.Kernels;

namespace EdgeVision.Preprocessing;

/// <summary>Converts frames to BGRA32, for drawing and encoding.</summary>
/// <remarks>Network inputs are converted by the preprocessor instead, on the way into the tensor.</remarks>
public static unsafe class FrameConverter
{
    private const uint Opaque = 0xFF000000;

    // Index out of range: the shuffle writes 0 to that lane.
    private const byte ZeroLane = 0x80;

    /// <summary>Converts a frame of any format and stride to a BGRA32 frame of the same size; alpha becomes 255.</summary>
    /// <remarks>YUV is BT.601, limited range, with the same arithmetic as the preprocessor. Allocates nothing.</remarks>
    /// <param name="source">Frame to convert.</param>
    /// <param name="destination">BGRA32 frame of the same size, to be overwritten.</param>
    /// <exception cref="FrameFormatException">The destination has another format or size.</exception>
    public static void ToBgra(Frame source, Frame destination)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        if (destination.Format != PixelFormat.Bgra32 || destination.Width != source.Width || destination.Height != source.Height)
        {
            throw new FrameFormatException($"the destination must be {PixelFormat.Bgra32} of {source.Width}x{source.Height}; "
                + $"got {destination.Format} of {destination.Width}x{destination.Height}");
        }

        fixed (byte* from = source.Data, to = destination.MutableData)
        {
            for (int y = 0; y < source.Height; y++)
            {
                Row(source, from, y, (uint*)(to + (long)y * destination.Stride));
            }
        }
    }

    private static void Row(Frame frame, byte* data, int y, uint* destination)
    {
        byte* row = data + (long)y * frame.Stride;
        switch (frame.Format)
        {
            case PixelFormat.Nv12 or PixelFormat.I420 or PixelFormat.Yuy2:
                YuvKernels.Convert(frame, data, 0, y, frame.Width, destination);
                break;
            case PixelFormat.Gray8:
                ShuffleRow(row, destination, frame.Width, 1,
                    Vector128.Create((byte)0, 0, 0, ZeroLane, 1, 1, 1, ZeroLane, 2, 2, 2, ZeroLane, 3, 3, 3, ZeroLane));
                break;
            case PixelFormat.Bgr24:
                ShuffleRow(row, destination, frame.Width, 3,
                    Vector128.Create((byte)0, 1, 2, ZeroLane, 3, 4, 5, ZeroLane, 6, 7, 8, ZeroLane, 9, 10, 11, ZeroLane));
                break;
            case PixelFormat.Rgb24:
                ShuffleRow(row, destination, frame.Width, 3,
                    Vector128.Create((byte)2, 1, 0, ZeroLane, 5, 4, 3, ZeroLane, 8, 7, 6, ZeroLane, 11, 10, 9, ZeroLane));
                break;
            case PixelFormat.Rgba32:
                ShuffleRow(row, destination, frame.Width, 4,
                    Vector128.Create((byte)2, 1, 0, ZeroLane, 6, 5, 4, ZeroLane, 10, 9, 8, ZeroLane, 14, 13, 12, ZeroLane));
                break;
            default:
                ShuffleRow(row, destination, frame.Width, 4,
                    Vector128.Create((byte)0, 1, 2, ZeroLane, 4, 5, 6, ZeroLane, 8, 9, 10, ZeroLane, 12, 13, 14, ZeroLane));
                break;
        }
    }

    // Converts four pixels per step, shuffled from the first bytes of a 16-byte load. The remainder, where a 16-byte load would
    // pass the end of the row, is converted pixel by pixel with the same table, so both paths are equal.
    private static void ShuffleRow(byte* row, uint* destination, int width, int bytesPerPixel, Vector128<byte> table)
    {
        int i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            for (; i <= width - 4 && i * bytesPerPixel + 16 <= width * bytesPerPixel; i += 4)
            {
                var pixels = Vector128.ShuffleNative(Vector128.Load(row + i * bytesPerPixel), table).AsUInt32();
                (pixels | Vector128.Create(Opaque)).Store(destination + i);
            }
        }

        int blue = table[0], green = table[1], red = table[2];
        for (; i < width; i++)
        {
            byte* p = row + i * bytesPerPixel;
            destination[i] = p[blue] | (uint)p[green] << 8 | (uint)p[red] << 16 | Opaque;
        }
    }
}
