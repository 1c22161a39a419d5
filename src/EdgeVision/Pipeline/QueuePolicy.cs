namespace EdgeVision;

/// <summary>What happens to a frame that finds its queue full.</summary>
public enum QueuePolicy
{
    /// <summary>The writer waits; nothing is lost, and frames grow old.</summary>
    Wait,
    /// <summary>The oldest frame of the queue goes.</summary>
    DropOldest,
    /// <summary>The frame itself goes.</summary>
    DropNewest,
    /// <summary>Only the latest frame is kept, whatever the capacity: the least age.</summary>
    Latest,
}
