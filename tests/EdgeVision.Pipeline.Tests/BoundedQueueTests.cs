using EdgeVision.Pipeline.Scheduling;
using Xunit;

namespace EdgeVision.Pipeline.Tests;

public sealed class BoundedQueueTests
{
    [Theory]
    [InlineData(QueuePolicy.DropOldest, "2 3 4", "0 1", "the oldest goes")]
    [InlineData(QueuePolicy.DropNewest, "0 1 2", "3 4", "what comes last goes")]
    [InlineData(QueuePolicy.Latest, "4", "0 1 2 3", "only the last stays, whatever the capacity")]
    public void A_full_queue_drops_by_policy(QueuePolicy policy, string kept, string dropped, string reason)
    {
        Assert.NotEmpty(reason);
        var queue = new BoundedQueue<string>(3);
        string[] went = [.. Enumerable.Range(0, 5).Select(i => queue.Offer($"{i}", policy)).OfType<string>()];
        queue.CompleteAdding();
        var left = new List<string>();
        while (queue.Take(out string? item))
        {
            left.Add(item);
        }

        Assert.Equal((kept, dropped), (string.Join(' ', left), string.Join(' ', went)));
    }

    [Fact]
    public void Waiting_ends_with_room_or_with_the_queue()
    {
        var queue = new BoundedQueue<string>(1);
        Assert.Null(queue.Offer("a", QueuePolicy.Wait));
        string? dropped = "nothing yet";
        var waiting = new Thread(() => dropped = queue.Offer("b", QueuePolicy.Wait));
        waiting.Start();
        Assert.True(queue.Take(out string? first));
        Assert.True(waiting.Join(TimeSpan.FromSeconds(30)));
        Assert.Equal(("a", null), (first, dropped));
        waiting = new Thread(() => dropped = queue.Offer("c", QueuePolicy.Wait));
        waiting.Start();
        queue.Close();
        Assert.True(waiting.Join(TimeSpan.FromSeconds(30)));
        Assert.Equal("c", dropped); // a closed queue takes nothing
        Assert.True(queue.Take(out string? last));
        Assert.Equal("b", last);
        Assert.False(queue.Take(out _));
    }
}
