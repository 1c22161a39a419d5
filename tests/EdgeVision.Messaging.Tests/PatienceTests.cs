using EdgeVision.Pipeline;
using Xunit;

namespace EdgeVision.Messaging.Tests;

/// <summary>How long something that fails is tried again.</summary>
public sealed class PatienceTests
{
    private static readonly RetryPolicy Quick = new() { InitialDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMilliseconds(1), Jitter = 0 };

    private int _tries;

    [Fact]
    public async Task Tries_until_it_succeeds()
    {
        await new RetryLoop(TimeSpan.FromMinutes(1), Quick, TimeProvider.System).RunAsync(FailTimes(3, canRetry: true), TestContext.Current.CancellationToken);
        Assert.Equal(4, _tries);
    }

    [Fact]
    public async Task What_failed_for_good_is_not_tried_again()
    {
        await Assert.ThrowsAsync<SinkException>(async () =>
            await new RetryLoop(TimeSpan.FromMinutes(1), Quick, TimeProvider.System).RunAsync(FailTimes(3, canRetry: false), TestContext.Current.CancellationToken));
        Assert.Equal(1, _tries);
    }

    [Fact]
    public async Task No_patience_is_one_try()
    {
        await Assert.ThrowsAsync<SinkException>(async () =>
            await new RetryLoop(TimeSpan.Zero, Quick, TimeProvider.System).RunAsync(FailTimes(3, canRetry: true), TestContext.Current.CancellationToken));
        Assert.Equal(1, _tries);
    }

    [Fact]
    public async Task The_policy_may_end_it_sooner()
    {
        await Assert.ThrowsAsync<SinkException>(async () =>
            await new RetryLoop(TimeSpan.FromMinutes(1), Quick with { MaxAttempts = 2 }, TimeProvider.System).RunAsync(FailTimes(3, canRetry: true), TestContext.Current.CancellationToken));
        Assert.Equal(2, _tries);
    }

    [Fact]
    public async Task Cancelling_ends_a_delay()
    {
        using var cancel = new CancellationTokenSource();
        var run = new RetryLoop(TimeSpan.FromHours(1), Quick with { InitialDelay = TimeSpan.FromMinutes(30), MaxDelay = TimeSpan.FromMinutes(30) }, TimeProvider.System)
            .RunAsync(FailTimes(3, canRetry: true), cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    private Func<CancellationToken, ValueTask> FailTimes(int times, bool canRetry) =>
        _ => ++_tries <= times ? throw new SinkException("away", canRetry) : ValueTask.CompletedTask;
}
