namespace EdgeVision;

/// <summary>Sinks that keep a part for each source.</summary>
internal static class SinkParts
{
    /// <summary>Completes every part, also where one fails, and throws the first failure at the end.</summary>
    /// <param name="parts">One for each source.</param>
    /// <param name="complete">Ends one of them.</param>
    /// <exception cref="SinkException">A part could not be completed.</exception>
    public static void Complete<T>(IEnumerable<T> parts, Action<T> complete)
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
