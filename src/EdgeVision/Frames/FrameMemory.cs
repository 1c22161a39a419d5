using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeVision;

/// <summary>
/// Pinned memory for frames that are used again. On Linux its whole two megabytes ask for large pages: the network drives a frame out of the caches, and with it
/// what the processor knows of its hundreds of small pages. No more memory is touched than without.
/// </summary>
internal static unsafe class FrameMemory
{
    /// <summary>Bytes of a large page.</summary>
    public const int LargePage = 2 << 20;

    private const int AskForLargePages = 14; // MADV_HUGEPAGE
    private const long Plenty = 1L << 30;
    private static readonly delegate* unmanaged<void*, nuint, int, int> Advise = Find();

    /// <summary>Whether large frames ask for large pages. Not where a process has less than a gigabyte: the two megabytes in which the first of them is looked for count against its limit, touched or not.</summary>
    public static bool Asks { get; } = Advise is not null && GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >= Plenty;

    /// <summary>Memory of <paramref name="length"/> bytes, contents undefined, from <c>Offset</c> on.</summary>
    public static (byte[] Array, int Offset) Take(int length)
    {
        if (!Asks || length < LargePage || length > Array.MaxLength - LargePage)
        {
            return (GC.AllocateUninitializedArray<byte>(length, pinned: true), 0);
        }

        byte[] array = GC.AllocateUninitializedArray<byte>(length + LargePage, pinned: true);
        nuint start = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        int offset = (int)((LargePage - start % LargePage) % LargePage);
        _ = Advise((void*)(start + (nuint)offset), (nuint)(length / LargePage * LargePage), AskForLargePages); // a kernel without them says no, and small ones do
        return (array, offset);
    }

    // The process has a C library, under whatever name.
    private static delegate* unmanaged<void*, nuint, int, int> Find() =>
        OperatingSystem.IsLinux() && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "madvise", out nint found) ? (delegate* unmanaged<void*, nuint, int, int>)found : null;
}
