namespace EdgeVision.Pipeline.Ledger;

/// <summary>State of a sink.</summary>
public enum SinkState
{
    /// <summary>Being opened.</summary>
    Opening,
    /// <summary>Accepts results.</summary>
    Running,
    /// <summary>The last write failed and is retried.</summary>
    Retrying,
    /// <summary>Suspended after too many failed results; probed at intervals, and results in between count as failed.</summary>
    Suspended,
    /// <summary>Could not be completed; results written before are as safe as the sink promises.</summary>
    Failed,
    /// <summary>All results are written.</summary>
    Completed,
}
