using EdgeVision.Pipeline;
using Xunit;

namespace EdgeVision.Messaging.Tests.Support;

/// <summary>Frames 0, 1, 2, … written one after the other without a pause until the test ends it; what befalls the broker meanwhile befalls it in the middle.</summary>
internal sealed class AcknowledgedStream
{
    private readonly Task _writing;
    private volatile bool _end;
    private int _acknowledged;

    public AcknowledgedStream(FrameSink sink) => _writing = Task.Run(async () =>
    {
        while (!_end)
        {
            using var frame = Make.Frame(_acknowledged);
            await sink.WriteAsync(frame, TestContext.Current.CancellationToken);
            Interlocked.Increment(ref _acknowledged);
        }
    });

    /// <summary>Frames whose write has returned: all before this number.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Waits until so many were acknowledged.</summary>
    public Task ReachesAsync(int count) => Wait.UntilAsync(
        () => Acknowledged >= count || _writing.IsFaulted, () => $"the sink does not get on from {Acknowledged} to {count}");

    /// <summary>Ends it, and says how many were acknowledged; fails where a write did.</summary>
    public async Task<int> EndAsync()
    {
        _end = true;
        await _writing;
        return Acknowledged;
    }
}
