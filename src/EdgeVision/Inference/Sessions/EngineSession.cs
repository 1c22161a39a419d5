using EdgeVision.Inference.Binding;
using EdgeVision.Inference.Cache;
using EdgeVision.Inference.Providers;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Inference.Sessions;

/// <summary>Reference-counted session with its state. Engines that share it each hold a reference; the last one closes it.</summary>
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

    /// <summary>Gets the memory of the first provider's device; null on the CPU and where only plain memory is available.</summary>
    public IDeviceMemory? Memory { get; }

    /// <summary>Gets whether the first provider uses memory other than the CPU's.</summary>
    public bool IsOnDevice => Report.Active[0] != Provider.Cpu;

    /// <summary>Gets whether the provider records every run that does not opt out.</summary>
    public bool OpenedForGraphs { get; init; }

    /// <summary>Gets or sets whether runs are recorded as a graph and replayed; false after recording failed.</summary>
    public bool UsesGraphs { get; set; }

    /// <summary>Gets the folder of TensorRT's engine; null without TensorRT.</summary>
    public string? EngineFolder { get; init; }

    /// <summary>Gets how the cache of optimized models was used.</summary>
    public ModelCacheStatus ModelCache { get; init; }

    /// <summary>Gets or sets whether the provider is final: a run succeeded, or no other provider did better.</summary>
    /// <remarks>From then on a failure is that of the run, not of the provider.</remarks>
    public bool IsConfirmed { get; set; }

    /// <summary>Gets or sets whether the placement of the nodes was checked against the required providers.</summary>
    public bool IsPlacementChecked { get; set; }

    /// <summary>Lock held during a run that records graphs: ONNX Runtime allows one thread at a time.</summary>
    public Lock RecordingLock { get; } = new();

    public EngineSession AddReference()
    {
        ObjectDisposedException.ThrowIf(!TryAddReference(), Session);
        return this;
    }

    /// <summary>Adds a reference, unless the last one was released.</summary>
    public bool TryAddReference()
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
