namespace EdgeVision.Pipeline.Sinks;

/// <summary>Helpers for sinks with one part per source.</summary>
public static class SinkParts
{
    /// <summary>Completes every part, even if one fails, then throws the first error.</summary>
    /// <param name="parts">Parts, one per source.</param>
    /// <param name="complete">Completes one part.</param>
    /// <exception cref="SinkException">A part could not be completed.</exception>
    public static void CompleteAll<T>(IEnumerable<T> parts, Action<T> complete)
    {
        SinkException? failed = null;
        foreach (var part in parts)
        {
            try
            {
                complete(part);
            }
            catch (SinkException e)
            {
                failed ??= e;
            }
        }

        if (failed is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failed);
        }
    }
}
