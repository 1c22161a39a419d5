using Xunit;

namespace EdgeVision.Messaging.Tests.Support;

/// <summary>Waits for what another thread or process does; the limit is there to fail instead of hanging.</summary>
internal static class Wait
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    public static void Until(Func<bool> holds, Func<string> otherwise)
    {
        var end = DateTime.UtcNow + Limit;
        while (!holds())
        {
            Assert.True(DateTime.UtcNow < end, otherwise());
            Thread.Sleep(10);
        }
    }

    public static async Task UntilAsync(Func<bool> holds, Func<string> otherwise)
    {
        var end = DateTime.UtcNow + Limit;
        while (!holds())
        {
            Assert.True(DateTime.UtcNow < end, otherwise());
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
