using System.Runtime.Intrinsics.X86;

namespace EdgeVision;

/// <summary>The tables of columns that this processor's kernels take, kept while plan and channel order stay.</summary>
internal sealed class ColumnTables
{
    private ResizePlan? _plan;
    private int _version = -1;
    private BilinearRows.ChannelOrder _channels;

    /// <summary>For one permutation of up to 128 bytes; without groups where the processor has none.</summary>
    public ColumnGroups Groups { get; } = new();

    /// <summary>For shuffles inside sixteen bytes; without groups where <see cref="Groups"/> serve, or the processor has no 256-bit integers.</summary>
    public ColumnWindows Windows { get; } = new();

    /// <summary>Brings the tables to a plan and a channel order; nothing happens while both stay.</summary>
    public void Update(ResizePlan plan, BilinearRows.ChannelOrder channels)
    {
        if (ReferenceEquals(plan, _plan) && _version == plan.Version && channels.Equals(_channels))
        {
            return;
        }

        (_plan, _version, _channels) = (plan, plan.Version, channels);
        if (Avx512Vbmi.IsSupported)
        {
            Groups.Update(plan, channels);
        }

        if (Avx2.IsSupported && Groups.Count == 0)
        {
            Windows.Update(plan, channels);
        }
    }
}
