namespace EdgeVision.Pipeline.Ledger;

/// <summary>State of a source.</summary>
public enum SourceState
{
    /// <summary>Not opened yet.</summary>
    Waiting,
    /// <summary>Being opened.</summary>
    Connecting,
    /// <summary>Delivers frames.</summary>
    Running,
    /// <summary>Connection lost; the next attempt follows after a delay.</summary>
    Reconnecting,
    /// <summary>Reached its end.</summary>
    Ended,
    /// <summary>Gave up after errors.</summary>
    Failed,
    /// <summary>Stopped with the pipeline.</summary>
    Stopped,
}
