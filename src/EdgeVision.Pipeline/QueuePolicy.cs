namespace EdgeVision.Pipeline;

/// <summary>Handling of a frame that arrives at a full queue.</summary>
public enum QueuePolicy
{
    /// <summary>The writer waits; nothing is dropped, and frames age.</summary>
    Wait,
    /// <summary>The oldest frame in the queue is dropped.</summary>
    DropOldest,
    /// <summary>The new frame is dropped.</summary>
    DropNewest,
    /// <summary>Only the latest frame is kept, whatever the capacity: lowest latency.</summary>
    Latest,
}
