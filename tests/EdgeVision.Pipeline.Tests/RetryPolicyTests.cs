using Xunit;

namespace EdgeVision.Pipeline.Tests;

public sealed class RetryPolicyTests
{
    [Fact]
    public void Delays_grow_up_to_the_longest_and_are_spread()
    {
        var policy = new RetryPolicy { InitialDelay = TimeSpan.FromSeconds(1), MaxDelay = TimeSpan.FromSeconds(10), Jitter = 0.2 };
        var random = new Random(1);
        for (int failures = 1; failures < 100; failures++)
        {
            double expected = Math.Min(10, Math.Pow(2, failures - 1));
            Assert.InRange(policy.GetDelay(failures, random).TotalSeconds, expected * 0.8, expected * 1.2);
        }

        Assert.True(Enumerable.Range(0, 20).Select(_ => policy.GetDelay(3, random)).Distinct().Count() > 10);
        Assert.Equal(TimeSpan.FromSeconds(4), (policy with { Jitter = 0 }).GetDelay(3, random));
    }

    [Fact]
    public void No_delay_is_longer_than_a_timer_takes() =>
        Assert.Equal(TimeSpan.FromDays(1), new RetryPolicy { InitialDelay = TimeSpan.FromDays(300), MaxDelay = TimeSpan.FromDays(300), Jitter = 0 }.GetDelay(1, new Random(1)));

    [Theory]
    [InlineData(null, 1000, true)]
    [InlineData(3, 2, true)]
    [InlineData(3, 3, false)]
    [InlineData(1, 1, false)]
    public void Tries_end_where_they_should(int? attempts, int failures, bool allowed) =>
        Assert.Equal(allowed, new RetryPolicy { MaxAttempts = attempts }.AllowsRetry(failures));
}
