using System.IO.Pipes;
using EdgeVision.Pipeline.Sources;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Pipeline.Tests.Sources;

/// <summary>Bare bytes as frames, and writers that stop, stall or say nothing.</summary>
public sealed class RawSourceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FramePool _pool = new();

    [Fact]
    public void Bytes_become_frames_and_the_rest_is_an_error_of_its_frame()
    {
        byte[] bytes = [.. Enumerable.Range(0, 4 * 2 * 3 * 2 + 7).Select(i => (byte)i)];
        using var source = new RawSource(new Slow(bytes), PixelFormat.Bgr24, 4, 2, 10, "stdin");
        source.Open(CancellationToken.None);
        for (int i = 0; i < 2; i++)
        {
            using var frame = source.Read(_pool, CancellationToken.None)!;
            Assert.Equal(bytes.AsSpan(i * 24, 24), frame.Data);
            Assert.Equal((i, TimeSpan.FromSeconds(i / 10.0), "stdin"), (frame.Sequence, frame.Timestamp, frame.Source));
        }

        var error = Assert.Throws<FrameFormatException>(() => source.Read(_pool, CancellationToken.None));
        Assert.Contains("7 of 24 bytes of frame 2", error.Message);
        Assert.Null(source.Read(_pool, CancellationToken.None));
        Assert.Equal(0, _pool.RentedCount);
    }

    [Fact]
    public void A_stream_that_breaks_is_lost_and_a_size_that_cannot_be_is_refused()
    {
        using var source = new RawSource(new Broken(), PixelFormat.Gray8, 4, 4);
        source.Open(CancellationToken.None);
        var error = Assert.Throws<SourceException>(() => source.Read(_pool, CancellationToken.None));
        Assert.False(error.CanRetry);
        Assert.Contains("the disk is gone", error.Message);
        Assert.Throws<FrameFormatException>(() => new RawSource(Stream.Null, PixelFormat.Nv12, 5, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RawSource(Stream.Null, PixelFormat.Nv12, 4, 4, 0));
    }

    [Fact]
    public async Task A_writer_that_says_nothing_does_not_hold_an_abort_up()
    {
        using var writer = new AnonymousPipeServerStream(PipeDirection.Out);
        using var source = new RawSource(new AnonymousPipeClientStream(PipeDirection.In, writer.ClientSafePipeHandle), PixelFormat.Gray8, 4, 4);
        source.Open(CancellationToken.None);
        var read = Task.Run(() => source.Read(_pool, CancellationToken.None), TestContext.Current.CancellationToken);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        source.Abort();
        await Assert.ThrowsAsync<SourceException>(() => read.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_read_that_was_cancelled_loses_no_frame()
    {
        using var writer = new AnonymousPipeServerStream(PipeDirection.Out);
        using (var source = new RawSource(new AnonymousPipeClientStream(PipeDirection.In, writer.ClientSafePipeHandle), PixelFormat.Gray8, 2, 2))
        {
            source.Open(CancellationToken.None);
            using var cancel = new CancellationTokenSource();
            var read = Task.Run(() => source.Read(_pool, cancel.Token), TestContext.Current.CancellationToken);
            await Task.Delay(50, TestContext.Current.CancellationToken);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(Patience, TestContext.Current.CancellationToken));
            writer.Write([1, 2, 3, 4, 5, 6, 7, 8]);
            using (var first = source.Read(_pool, CancellationToken.None)!)
            {
                Assert.Equal([1, 2, 3, 4], first.Data.ToArray());
            }

            using var second = source.Read(_pool, CancellationToken.None)!;
            Assert.Equal((1L, 5), (second.Sequence, second.Data[0]));
        }

        Assert.Equal(0, _pool.RentedCount);
    }

    [Fact]
    public void Reading_allocates_nothing_on_either_thread()
    {
        var stream = new Endless();
        using var source = new RawSource(stream, PixelFormat.Nv12, 64, 48);
        source.Open(CancellationToken.None);
        using var cancel = new CancellationTokenSource();
        Assert.Equal(0, Allocations.Of(() => source.Read(_pool, cancel.Token)!.Dispose()));
        Assert.Equal(0, stream.Least);
    }

    /// <summary>Gives a few bytes at a time, as pipes do.</summary>
    private sealed class Slow(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(5, buffer.Length)]);
    }

    private sealed class Broken : MemoryStream
    {
        public override int Read(Span<byte> buffer) => throw new IOException("the disk is gone");
    }

    /// <summary>Never ends, and notes the least that its reader's thread allocates from twenty reads to the next.</summary>
    private sealed class Endless : MemoryStream
    {
        private long _reads, _before;

        public long Least { get; private set; } = long.MaxValue;

        public override int Read(Span<byte> buffer)
        {
            if (++_reads % 20 == 0)
            {
                long now = GC.GetAllocatedBytesForCurrentThread();
                Least = _before == 0 ? Least : Math.Min(Least, now - _before);
                _before = now;
            }

            buffer.Fill((byte)_reads);
            return buffer.Length;
        }
    }
}
