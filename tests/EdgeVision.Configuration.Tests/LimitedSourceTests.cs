using EdgeVision.Pipeline;
using Xunit;

namespace EdgeVision.Configuration.Tests;

/// <summary>The most frames of a source count over all that were opened for it where it is live.</summary>
public sealed class LimitedSourceTests
{
    private sealed class Endless(bool live) : FrameSource("door")
    {
        private long _next;

        public override bool IsLive => live;

        public override void Open(CancellationToken cancel)
        {
        }

        public override Frame? Read(FramePool pool, CancellationToken cancel) => pool.Rent(PixelFormat.Gray8, 4, 4, Name, _next++, TimeSpan.Zero);
    }

    [Theory]
    [InlineData(true, 1, "a stream that was lost after 2 of 3 goes on with the third")]
    [InlineData(false, 3, "a file begins again from its first")]
    public void One_that_is_opened_again_goes_on_where_it_is_live(bool live, int expected, string why)
    {
        Assert.NotEmpty(why);
        var given = new LimitedSource.FrameCounter();
        Assert.Equal(2, Read(new LimitedSource(new Endless(live), 3, given), 2));
        Assert.Equal(expected, Read(new LimitedSource(new Endless(live), 3, given), 10));
    }

    private static int Read(LimitedSource source, int most)
    {
        using (source)
        {
            source.Open(TestContext.Current.CancellationToken);
            var pool = new FramePool();
            int read = 0;
            while (read < most && source.Read(pool, TestContext.Current.CancellationToken) is { } frame)
            {
                frame.Dispose();
                read++;
            }

            return read;
        }
    }
}
