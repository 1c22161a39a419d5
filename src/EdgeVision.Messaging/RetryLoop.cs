using EdgeVision.Pipeline;

namespace EdgeVision.Messaging;

/// <summary>Retries operations with growing delays while the other side is unavailable.</summary>
internal sealed class RetryLoop(TimeSpan maxTime, RetryPolicy delays, TimeProvider clock)
{
    private readonly Random _random = new();

    /// <summary>Runs the operation until it succeeds, fails permanently, or the next retry would start too late.</summary>
    public async ValueTask RunAsync(Func<CancellationToken, ValueTask> attempt, CancellationToken cancel)
    {
        long start = clock.GetTimestamp();
        for (int failures = 1; ; failures++)
        {
            TimeSpan delay;
            try
            {
                await attempt(cancel).ConfigureAwait(false);
                return;
            }
            catch (SinkException e) when (e.CanRetry && delays.AllowsRetry(failures))
            {
                delay = delays.GetDelay(failures, _random);
                if (clock.GetElapsedTime(start) + delay > maxTime)
                {
                    throw;
                }
            }

            await Task.Delay(delay, clock, cancel).ConfigureAwait(false);
        }
    }
}
