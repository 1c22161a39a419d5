using System.Runtime.InteropServices;

namespace EdgeVision.TestSupport;

/// <summary>
/// Memory whose last byte lies at the end of a page with an unmapped page behind it, so that one byte read or written
/// past the end faults. Elsewhere than on Linux it is plain memory.
/// </summary>
internal sealed unsafe partial class GuardedBuffer : IDisposable
{
    private const int Page = 4096;
    private readonly nint _map;
    private readonly nuint _mapLength;

    private GuardedBuffer(int length)
    {
        Length = length;
        if (OperatingSystem.IsLinux())
        {
            int pages = (length + Page - 1) / Page + 1;
            _mapLength = (nuint)(pages * Page);
            _map = mmap(0, _mapLength, 3, 0x22, -1, 0);
            if (_map == -1 || mprotect(_map + (pages - 1) * Page, Page, 0) != 0)
            {
                throw new InvalidOperationException("mmap failed");
            }

            Pointer = (byte*)_map + (pages - 1) * Page - length;
        }
        else
        {
            Pointer = (byte*)NativeMemory.Alloc((nuint)Math.Max(1, length));
        }
    }

    public byte* Pointer { get; }

    public int Length { get; }

    public Span<byte> Span => new(Pointer, Length);

    public static GuardedBuffer Random(int length, int seed)
    {
        var buffer = new GuardedBuffer(length);
        new Random(seed).NextBytes(buffer.Span);
        return buffer;
    }

    public void Dispose()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = munmap(_map, _mapLength);
        }
        else
        {
            NativeMemory.Free(Pointer);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mprotect(nint address, nuint length, int protection);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(nint address, nuint length);
}
