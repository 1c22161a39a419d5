using EdgeVision.Messaging.Tests.Support;
using EdgeVision.Pipeline;
using Xunit;

namespace EdgeVision.Messaging.Tests;

/// <summary>Which frames become messages, on a clock that the test moves.</summary>
public sealed class MessageFilterTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Frames_without_events_are_left_out_where_only_events_are_asked_for()
    {
        var filter = new MessageFilter(FrameSelection.WithEvents, null, _clock);
        using PipelineFrame plain = Make.Frame(), eventful = Make.Frame(withEvent: true);
        Assert.False(filter.ShouldSend(plain));
        Assert.True(filter.ShouldSend(eventful));
    }

    [Theory]
    [InlineData(10, 1, 100, 10)] // a tenth
    [InlineData(30, 20, 300, 200)] // not in step: two of three
    [InlineData(5, 10, 50, 50)] // slower than the limit
    public void A_rate_is_kept_over_time(double framesPerSecond, double most, int frames, int sent)
    {
        var filter = new MessageFilter(FrameSelection.All, most, _clock);
        int taken = 0;
        for (int i = 0; i < frames; i++)
        {
            taken += Offer(filter, "door") ? 1 : 0;
            _clock.Advance(1 / framesPerSecond);
        }

        Assert.InRange(taken, sent - 1, sent + 1);
    }

    [Fact]
    public void A_pause_is_not_made_up_for()
    {
        var filter = new MessageFilter(FrameSelection.All, 1, _clock);
        Assert.True(Offer(filter, "door"));
        _clock.Advance(60);
        Assert.True(Offer(filter, "door"));
        Assert.False(Offer(filter, "door"));
    }

    [Fact]
    public void Each_source_has_the_rate_to_itself()
    {
        var filter = new MessageFilter(FrameSelection.All, 1, _clock);
        Assert.True(Offer(filter, "door"));
        Assert.True(Offer(filter, "yard"));
        Assert.False(Offer(filter, "door"));
    }

    [Fact]
    public void An_event_passes_whatever_the_rate()
    {
        var filter = new MessageFilter(FrameSelection.All, 1, _clock);
        Assert.True(Offer(filter, "door"));
        using var eventful = Make.Frame(withEvent: true);
        Assert.True(filter.ShouldSend(eventful));
    }

    [Fact]
    public void A_frame_whose_sending_failed_finds_the_same_answer_again()
    {
        var filter = new MessageFilter(FrameSelection.All, 1, _clock);
        using var frame = Make.Frame();
        Assert.True(filter.ShouldSend(frame));
        Assert.True(filter.ShouldSend(frame));
        filter.MarkSent(frame);
        Assert.False(filter.ShouldSend(frame));
    }

    private static bool Offer(MessageFilter filter, string source)
    {
        using var frame = Make.Frame(0, source);
        bool takes = filter.ShouldSend(frame);
        if (takes)
        {
            filter.MarkSent(frame);
        }

        return takes;
    }
}
