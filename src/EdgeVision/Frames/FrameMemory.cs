using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeVision.Frames;

/// <summary>Allocates pinned memory for pooled frames; on Linux with transparent huge pages where they pay off.</summary>
/// <remarks>
/// On Linux every complete 2 MiB of an allocation is advised for huge pages: between frames the network evicts the frame from the caches
/// and the translations of its hundreds of small pages from the TLB. No additional memory is touched.
/// </remarks>
internal static unsafe class FrameMemory
{
    /// <summary>Size of a huge page in bytes.</summary>
    public const int HugePageSize = 2 << 20;

    private const int MadvHugePage = 14; // MADV_HUGEPAGE
    private const long MinTotalMemory = 1L << 30;
    private static readonly delegate* unmanaged<void*, nuint, int, int> Advise = FindMadvise();

    /// <summary>Gets whether large frames use huge pages.</summary>
    /// <remarks>
    /// Disabled where the process may use less than 1 GiB: the additional 2 MiB in which the first page is aligned count
    /// against the memory limit, touched or not.
    /// </remarks>
    public static bool UsesHugePages { get; } = Advise is not null && GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >= MinTotalMemory;

    /// <summary>Allocates <paramref name="length"/> bytes of undefined contents, which start at <c>Offset</c> of the array.</summary>
    public static (byte[] Array, int Offset) Allocate(int length)
    {
        if (!UsesHugePages || length < HugePageSize || length > Array.MaxLength - HugePageSize)
        {
            return (GC.AllocateUninitializedArray<byte>(length, pinned: true), 0);
        }

        byte[] array = GC.AllocateUninitializedArray<byte>(length + HugePageSize, pinned: true);
        nuint start = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        int offset = (int)((HugePageSize - start % HugePageSize) % HugePageSize);

        // An error means that the kernel has no huge pages; small pages work as well.
        _ = Advise((void*)(start + (nuint)offset), (nuint)(length / HugePageSize * HugePageSize), MadvHugePage);
        return (array, offset);
    }

    // madvise is looked up in the process itself, which has a C library under a name that differs by system.
    private static delegate* unmanaged<void*, nuint, int, int> FindMadvise() =>
        OperatingSystem.IsLinux() && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "madvise", out nint found)
            ? (delegate* unmanaged<void*, nuint, int, int>)found
            : null;
}
