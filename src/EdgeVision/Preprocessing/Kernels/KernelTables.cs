using System.Runtime.Intrinsics.X86;

namespace EdgeVision.Preprocessing.Kernels;

/// <summary>Column tables for the kernels of this processor, kept while plan and channel order stay the same.</summary>
internal sealed class KernelTables
{
    private ResizePlan? _plan;
    private int _version = -1;
    private BilinearKernels.ChannelOrder _channels;

    /// <summary>Gets the tables for a permutation of up to 128 bytes (AVX-512 VBMI); empty where the processor lacks it.</summary>
    public Avx512Tables Avx512Tables { get; } = new();

    /// <summary>Gets the tables for shuffles within 16 bytes (AVX2).</summary>
    /// <remarks>Empty where <see cref="Avx512Tables"/> are used or the processor has no 256-bit integer vectors.</remarks>
    public Avx2Tables Avx2Tables { get; } = new();

    /// <summary>Updates the tables for a plan and a channel order; does nothing while both stay the same.</summary>
    public void Update(ResizePlan plan, BilinearKernels.ChannelOrder channels)
    {
        if (ReferenceEquals(plan, _plan) && _version == plan.Version && channels.Equals(_channels))
        {
            return;
        }

        (_plan, _version, _channels) = (plan, plan.Version, channels);
        if (Avx512Vbmi.IsSupported)
        {
            Avx512Tables.Update(plan, channels);
        }

        if (Avx2.IsSupported && Avx512Tables.GroupCount == 0)
        {
            Avx2Tables.Update(plan, channels);
        }
    }
}
