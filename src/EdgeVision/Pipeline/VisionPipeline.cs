namespace EdgeVision;

/// <summary>Sources, a model, what follows it, and sinks, running on threads of their own with bounded queues in between; every frame is accounted for.</summary>
public sealed class VisionPipeline : IAsyncDisposable
{
    internal VisionPipeline(VisionPipelineBuilder parts)
    {
        _ = parts;
    }

    /// <summary>Says what happens while the pipeline runs; called on its threads, so it should return soon.</summary>
    public event Action<PipelineNotice>? Notice;

    /// <summary>The accounts as they stand.</summary>
    public LedgerSnapshot Snapshot() => throw new NotImplementedException();

    /// <summary>Rules of a source, to draw what they watch; empty for a source without rules.</summary>
    public IReadOnlyList<IPipelineRule> RulesOf(string source) => throw new NotImplementedException();

    /// <summary>
    /// Runs until every source has ended or failed, or until it is cancelled; then sinks write what they hold. Cancelling takes effect within a
    /// second and is no error: the accounts say what was dropped. Runs once.
    /// </summary>
    /// <returns>The final accounts.</returns>
    public Task<LedgerSnapshot> RunAsync(CancellationToken cancel = default)
    {
        Notice?.Invoke(default);
        throw new NotImplementedException();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
