using EdgeVision.Frames;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Frames;

public sealed class FramePoolTests
{
    [Fact]
    public void Memory_goes_back_with_the_last_owner_and_is_used_again()
    {
        var pool = new FramePool();
        var frame = pool.Rent(PixelFormat.Bgr24, 4, 2, "a", 7, TimeSpan.FromSeconds(1));
        Assert.Equal((24, "a", 7, TimeSpan.FromSeconds(1), 1), (frame.Data.Length, frame.Source, frame.Sequence, frame.Timestamp, pool.RentedCount));
        frame.MutableData.Fill(9);
        var shared = frame.Share();
        frame.Dispose();
        Assert.Equal(9, shared.Data[23]); // still there
        Assert.Equal(1, pool.RentedCount);
        shared.Dispose();
        Assert.Equal(0, pool.RentedCount);
        Assert.Throws<ObjectDisposedException>(() => frame.Data.Length);
        Assert.Throws<ObjectDisposedException>(frame.Share);
        Assert.Same(frame, pool.Rent(PixelFormat.Bgr24, 4, 2, "b", 8));
        Assert.Equal(("b", 8, TimeSpan.Zero), (frame.Source, frame.Sequence, frame.Timestamp));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1024, 682)] // just below a large page
    [InlineData(1280, 720)]
    [InlineData(1920, 1080)]
    public unsafe void Memory_is_all_there_and_large_frames_begin_at_a_large_page(int width, int height)
    {
        var pool = new FramePool();
        using var frame = pool.Rent(PixelFormat.Bgr24, width, height);
        Assert.Equal(3 * width * height, frame.Data.Length);
        new Random(3).NextBytes(frame.MutableData);
        using var other = pool.Rent(PixelFormat.Bgr24, width, height);
        other.MutableData.Clear();
        byte[] expected = new byte[frame.Data.Length];
        new Random(3).NextBytes(expected);
        Assert.True(frame.Data.SequenceEqual(expected));
        if (FrameMemory.UsesHugePages && frame.Data.Length >= FrameMemory.HugePageSize)
        {
            fixed (byte* start = frame.Data)
            {
                Assert.Equal(0u, (nuint)start % FrameMemory.HugePageSize);
            }
        }
    }

    [Fact]
    public void A_machine_with_memory_enough_asks_for_large_pages() =>
        Assert.Equal(OperatingSystem.IsLinux() && GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >= 1L << 30, FrameMemory.UsesHugePages);

    [Fact]
    public void Another_size_or_format_gets_memory_of_its_own()
    {
        var pool = new FramePool();
        var first = pool.Rent(PixelFormat.Bgr24, 4, 2);
        first.Dispose();
        using var second = pool.Rent(PixelFormat.Bgr24, 8, 2);
        Assert.NotSame(first, second);
        Assert.Equal(48, second.Data.Length);
        second.Dispose();
        using var third = pool.Rent(PixelFormat.Nv12, 8, 2);
        Assert.Equal((PixelFormat.Nv12, 24), (third.Format, third.Data.Length));
    }

    [Fact]
    public void A_steady_stream_allocates_nothing()
    {
        var pool = new FramePool();
        Assert.Equal(0, Allocations.Of(() =>
        {
            using var one = pool.Rent(PixelFormat.Nv12, 64, 48, "a");
            using var two = pool.Rent(PixelFormat.Nv12, 64, 48, "a");
            using var again = one.Share();
        }));
    }

    [Fact]
    public void Owners_may_come_and_go_on_many_threads()
    {
        var pool = new FramePool();
        for (int round = 0; round < 50; round++)
        {
            var frame = pool.Rent(PixelFormat.Gray8, 4, 4);
            var shares = Enumerable.Range(0, 8).Select(_ => frame.Share()).ToArray();
            Parallel.ForEach(shares, s => s.Dispose());
            Assert.Equal(1, pool.RentedCount);
            frame.Dispose();
            Assert.Equal(0, pool.RentedCount);
        }
    }
}
