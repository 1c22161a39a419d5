using EdgeVision.Pipeline.Sources;
using Xunit;

namespace EdgeVision.Pipeline.Tests.Sources;

/// <summary>A driver that fails where nobody can be told ends nothing but itself.</summary>
public sealed class BlockingFrameSourceTests
{
    private sealed class Sulking() : BlockingFrameSource("sulking")
    {
        public ManualResetEventSlim Closed { get; } = new();

        public override bool IsLive => true;

        protected override void OpenBlocking()
        {
        }

        protected override Frame? ReadBlocking(FramePool pool) => null;

        protected override void Close()
        {
            Closed.Set();
            throw new InvalidOperationException("the driver does not let go");
        }
    }

    [Theory]
    [InlineData(true, "on the source's own thread it would end the process")]
    [InlineData(false, "never opened, on the caller's")]
    public void A_driver_that_throws_while_it_closes_is_let_be(bool opened, string why)
    {
        Assert.NotEmpty(why);
        var source = new Sulking();
        if (opened)
        {
            source.Open(TestContext.Current.CancellationToken);
        }

        source.Dispose();
        Assert.True(source.Closed.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }
}
