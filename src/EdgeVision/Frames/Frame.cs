using System.Buffers;
using EdgeVision.Frames;

namespace EdgeVision;

/// <summary>One image from a source, with its pixel format, strides, capture time and sequence number.</summary>
/// <remarks>
/// Pixel memory is borrowed (a camera's buffer, a pinned array) or rented from a pool. Disposing returns rented memory; borrowed memory
/// remains its owner's and must outlive the frame. A frame is reference-counted: several readers each hold a reference
/// (<see cref="Share"/>), and the memory is returned when the last of them disposes the frame.
/// </remarks>
public sealed unsafe class Frame : IDisposable
{
    /// <summary>Maximum side of a frame in pixels.</summary>
    public const int MaxSide = 32768;

    private readonly bool _rented;
    private readonly FramePool? _pool;
    private byte[]? _array;
    private readonly int _arrayOffset;
    private readonly byte* _pointer;
    private readonly int _length;
    private int _owners = 1;
    private TimeSpan _timestamp;
    private long _sequence;
    private string _source = "";

    private Frame(PixelFormat format, int width, int height, int stride, byte[]? array, int offset, byte* pointer, int length,
        bool rented, FramePool? pool = null)
    {
        Format = format;
        Width = width;
        Height = height;
        Stride = stride;
        _array = array;
        _arrayOffset = offset;
        _pointer = pointer;
        _length = length;
        _rented = rented;
        _pool = pool;
    }

    /// <summary>Layout of the bytes.</summary>
    public PixelFormat Format { get; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Bytes from the start of one row of the first plane to the start of the next.</summary>
    public int Stride { get; }

    /// <summary>Capture time on the source's clock.</summary>
    public TimeSpan Timestamp { get => _timestamp; init => _timestamp = value; }

    /// <summary>Sequence number of the frame in its source, from 0.</summary>
    public long Sequence { get => _sequence; init => _sequence = value; }

    /// <summary>Name of the source, for results and messages.</summary>
    public string Source { get => _source; init => _source = value; }

    /// <summary>All bytes, plane after plane.</summary>
    public ReadOnlySpan<byte> Data => MutableData;

    /// <summary>All bytes, writable by the source that created the frame.</summary>
    public Span<byte> MutableData
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _owners) <= 0, this);
            return _array is not null ? _array.AsSpan(_arrayOffset, _length) : new Span<byte>(_pointer, _length);
        }
    }

    /// <summary>Number of planes: 1, 2 (NV12) or 3 (I420).</summary>
    public int PlaneCount => Format switch { PixelFormat.Nv12 => 2, PixelFormat.I420 => 3, _ => 1 };

    /// <summary>Returns the stride of plane <paramref name="plane"/> in bytes: half of <see cref="Stride"/> for I420's U and V.</summary>
    public int GetPlaneStride(int plane) => plane > 0 && Format == PixelFormat.I420 ? Stride / 2 : Stride;

    /// <summary>Returns plane <paramref name="plane"/>, from its first byte to the end of the frame's memory.</summary>
    public ReadOnlySpan<byte> GetPlane(int plane)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(plane);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(plane, PlaneCount);
        int start = plane == 0 ? 0 : Stride * Height;
        if (plane == 2)
        {
            start += Stride / 2 * (Height / 2);
        }

        return Data[start..];
    }

    /// <summary>Rents a frame without row padding from the shared array pool; its contents are undefined.</summary>
    /// <remarks>Throws <see cref="FrameFormatException"/> if the size is invalid.</remarks>
    public static Frame Rent(PixelFormat format, int width, int height, string source = "", long sequence = 0, TimeSpan timestamp = default)
    {
        int stride = CheckSize(format, width, height, 0);
        int length = ByteCount(format, width, height, stride);
        return new Frame(format, width, height, stride, ArrayPool<byte>.Shared.Rent(length), 0, null, length, rented: true)
        {
            Source = source,
            Sequence = sequence,
            Timestamp = timestamp,
        };
    }

    /// <summary>Creates a frame over the caller's array; a <paramref name="stride"/> of 0 means no row padding.</summary>
    /// <exception cref="FrameFormatException">The array is too short for the size, or the size is invalid.</exception>
    public static Frame Borrow(byte[] data, PixelFormat format, int width, int height, int stride = 0, int offset = 0,
        string source = "", long sequence = 0, TimeSpan timestamp = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        stride = CheckSize(format, width, height, stride);
        int length = ByteCount(format, width, height, stride);
        CheckLength((long)data.Length - offset, length, format, width, height, stride);
        return new Frame(format, width, height, stride, data, offset, null, length, rented: false)
        {
            Source = source,
            Sequence = sequence,
            Timestamp = timestamp,
        };
    }

    /// <summary>Creates a frame over native memory of <paramref name="length"/> bytes that its owner keeps alive.</summary>
    /// <exception cref="FrameFormatException">The memory is too short for the size, or the size is invalid.</exception>
    public static Frame Borrow(nint pointer, long length, PixelFormat format, int width, int height, int stride = 0,
        string source = "", long sequence = 0, TimeSpan timestamp = default)
    {
        if (pointer == 0)
        {
            throw new ArgumentNullException(nameof(pointer));
        }

        stride = CheckSize(format, width, height, stride);
        int needed = ByteCount(format, width, height, stride);
        CheckLength(length, needed, format, width, height, stride);
        return new Frame(format, width, height, stride, null, 0, (byte*)pointer, needed, rented: false)
        {
            Source = source,
            Sequence = sequence,
            Timestamp = timestamp,
        };
    }

    /// <summary>Returns the bytes per pixel of a packed format; 1 for luminance planes, 2 for YUY2.</summary>
    public static int GetBytesPerPixel(PixelFormat format) => format switch
    {
        PixelFormat.Bgr24 or PixelFormat.Rgb24 => 3,
        PixelFormat.Bgra32 or PixelFormat.Rgba32 => 4,
        PixelFormat.Yuy2 => 2,
        _ => 1,
    };

    /// <summary>Adds a reference; the memory is returned when every reference has been disposed.</summary>
    /// <exception cref="ObjectDisposedException">The frame has been disposed already.</exception>
    public Frame Share()
    {
        int owners = Volatile.Read(ref _owners);
        while (true)
        {
            ObjectDisposedException.ThrowIf(owners <= 0, this);
            int seen = Interlocked.CompareExchange(ref _owners, owners + 1, owners);
            if (seen == owners)
            {
                return this;
            }

            owners = seen;
        }
    }

    /// <summary>Releases one reference. A second call does nothing if there was only one reference.</summary>
    public void Dispose()
    {
        int owners = Volatile.Read(ref _owners);
        while (owners > 0)
        {
            int seen = Interlocked.CompareExchange(ref _owners, owners - 1, owners);
            if (seen == owners)
            {
                break;
            }

            owners = seen;
        }

        if (owners != 1)
        {
            return;
        }

        if (_pool is not null)
        {
            _pool.Return(this);
            return;
        }

        if (_rented && _array is not null)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }

        _array = null;
    }

    /// <summary>Creates a frame for a pool: pinned memory without row padding, contents undefined, no references yet.</summary>
    internal static Frame CreatePooled(FramePool pool, PixelFormat format, int width, int height)
    {
        int stride = CheckSize(format, width, height, 0);
        int length = ByteCount(format, width, height, stride);
        var (array, offset) = FrameMemory.Allocate(length);
        return new Frame(format, width, height, stride, array, offset, null, length, rented: false, pool) { _owners = 0 };
    }

    /// <summary>Offsets sequence number and timestamp, for a source that was reopened and counts from 0 again.</summary>
    /// <remarks>Only the frame's single owner may call it.</remarks>
    public void OffsetTiming(long sequence, TimeSpan time)
    {
        _sequence += sequence;
        _timestamp += time;
    }

    /// <summary>Reuses the frame from the pool with a new source, sequence number and timestamp.</summary>
    internal Frame Reuse(string source, long sequence, TimeSpan timestamp)
    {
        (_source, _sequence, _timestamp) = (source, sequence, timestamp);
        Volatile.Write(ref _owners, 1);
        return this;
    }

    /// <summary>Sets the capture time when it is known only after the bytes.</summary>
    /// <remarks>Only the source may call it, before the frame is published.</remarks>
    public void SetTimestamp(TimeSpan timestamp) => _timestamp = timestamp;

    private static int CheckSize(PixelFormat format, int width, int height, int stride)
    {
        if (width < 1 || height < 1 || width > MaxSide || height > MaxSide)
        {
            throw new FrameFormatException($"a frame must have sides from 1 to {MaxSide} pixels; got {width}x{height}");
        }

        bool chroma = format is PixelFormat.Nv12 or PixelFormat.I420;
        if ((chroma || format == PixelFormat.Yuy2) && width % 2 != 0 || chroma && height % 2 != 0)
        {
            throw new FrameFormatException($"{format} must have even sides; got {width}x{height}");
        }

        int tight = width * GetBytesPerPixel(format);
        if (stride == 0)
        {
            return tight;
        }

        if (stride < tight || format == PixelFormat.I420 && stride % 2 != 0)
        {
            string even = format == PixelFormat.I420 ? " and even" : "";
            throw new FrameFormatException(
                $"the stride of {width} pixels of {format} must be at least {tight} bytes{even}; got {stride}");
        }

        return stride;
    }

    // The last row of the last plane needs only its pixels, not its padding: buffers of cameras end there.
    private static int ByteCount(PixelFormat format, int width, int height, int stride)
    {
        long bytes = format switch
        {
            PixelFormat.Nv12 => (long)stride * height + (long)stride * (height / 2 - 1) + width,
            PixelFormat.I420 => (long)stride * height
                + (long)(stride / 2) * (height / 2)
                + (long)(stride / 2) * (height / 2 - 1) + width / 2,
            _ => (long)stride * (height - 1) + (long)width * GetBytesPerPixel(format),
        };
        return bytes <= Array.MaxLength
            ? (int)bytes
            : throw new FrameFormatException(
                $"a frame can have at most {Array.MaxLength} bytes; {format} of {width}x{height} needs {bytes}");
    }

    private static void CheckLength(long available, int needed, PixelFormat format, int width, int height, int stride)
    {
        if (available < needed)
        {
            throw new FrameFormatException(
                $"{format} of {width}x{height} with a stride of {stride} needs {needed} bytes; got {available}");
        }
    }
}
