using Microsoft.ML.OnnxRuntime;

namespace EdgeVision;

/// <summary>An open session and what is known of it. Engines that share it count themselves; the last closes it.</summary>
internal sealed class EngineSession
{
    private int _owners = 1;

    public EngineSession(InferenceSession session, ProviderReport report, IDeviceMemory? memory)
    {
        (Session, Report, Memory) = (session, report, memory);
        ThreadBudget.SessionOpened();
    }

    public InferenceSession Session { get; }

    public ProviderReport Report { get; set; }

    /// <summary>Memory of the first provider's device; null on the CPU, and where only plain memory is to be had.</summary>
    public IDeviceMemory? Memory { get; }

    /// <summary>Whether the first provider works in memory of its own.</summary>
    public bool OnDevice => Report.Active[0] != Provider.Cpu;

    /// <summary>Whether its provider records every run that is not told otherwise.</summary>
    public bool OpenedForGraphs { get; init; }

    /// <summary>Whether runs are to be recorded as a graph and replayed; not any more once that failed.</summary>
    public bool RecordsGraphs { get; set; }

    /// <summary>Folder in which TensorRT keeps its engine; null without one.</summary>
    public string? EngineFolder { get; init; }

    /// <summary>What became of the cache of optimized models.</summary>
    public ModelCacheUse ModelCache { get; init; }

    /// <summary>Whether a run came to its end, or no other provider did better: from then on a failure is the run's, not the provider's.</summary>
    public bool Settled { get; set; }

    /// <summary>Whether it was checked that nodes run where they are required to.</summary>
    public bool Placed { get; set; }

    /// <summary>Held while a session runs that records graphs: ONNX Runtime lets one thread at a time do so.</summary>
    public Lock Recording { get; } = new();

    public EngineSession Add()
    {
        ObjectDisposedException.ThrowIf(!TryAdd(), Session);
        return this;
    }

    /// <summary>Counts another owner, unless the last one has closed it.</summary>
    public bool TryAdd()
    {
        for (int owners = Volatile.Read(ref _owners); owners > 0;)
        {
            int seen = Interlocked.CompareExchange(ref _owners, owners + 1, owners);
            if (seen == owners)
            {
                return true;
            }

            owners = seen;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _owners) == 0)
        {
            Memory?.Dispose();
            Session.Dispose();
            ThreadBudget.SessionClosed();
        }
    }
}
