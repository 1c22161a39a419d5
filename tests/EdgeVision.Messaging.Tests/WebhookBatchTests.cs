using System.Text;
using EdgeVision.Messaging.Tests.Support;
using Xunit;

namespace EdgeVision.Messaging.Tests;

/// <summary>Objects that wait together.</summary>
public sealed class WebhookBatchTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Is_an_array_of_what_was_added()
    {
        var batch = Batch("1", "2", "3");
        Assert.Equal("[1,2,3]", Text(batch));
        Assert.Equal("[1,2,3]", Text(batch)); // looking changes nothing
    }

    [Fact]
    public void The_last_one_can_be_taken_back_and_added_again()
    {
        var batch = Batch("1", "2");
        batch.RemoveLast();
        Assert.Equal(("[1]", 1), (Text(batch), batch.Count));
        batch.Add("4"u8);
        Assert.Equal("[1,4]", Text(batch));

        var single = Batch("1");
        single.RemoveLast();
        single.Add("2"u8);
        Assert.Equal("[2]", Text(single));
    }

    [Fact]
    public void Is_due_when_full_or_when_the_first_has_waited()
    {
        Assert.False(Batch().IsDue);
        Assert.True(Batch("1", "2", "3").IsDue);
        var batch = Batch("1");
        _clock.Advance(3);
        batch.Add("2"u8);
        Assert.False(batch.IsDue);
        _clock.Advance(2);
        Assert.True(batch.IsDue);
        batch.Clear();
        Assert.False(batch.IsDue);
        batch.Add("3"u8);
        Assert.False(batch.IsDue); // waits anew
        Assert.Equal("[3]", Text(batch));
    }

    private static string Text(WebhookBatch batch) => Encoding.UTF8.GetString(batch.Body.Span);

    private WebhookBatch Batch(params string[] items)
    {
        var batch = new WebhookBatch(3, TimeSpan.FromSeconds(5), _clock);
        foreach (string item in items)
        {
            batch.Add(Encoding.UTF8.GetBytes(item));
        }

        return batch;
    }
}
