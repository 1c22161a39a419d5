using System.Text;
using System.Text.Json;
using EdgeVision.Messaging.Tests.Support;
using EdgeVision.Pipeline;
using EdgeVision.Results;
using Xunit;

namespace EdgeVision.Messaging.Tests;

/// <summary>Payloads, and the memory that they share.</summary>
public sealed class MessagePayloadTests
{
    [Fact]
    public void Results_are_the_pipelines_object()
    {
        using var payload = new MessagePayload(MaskPlane.None);
        using var frame = Make.Frame(7, withEvent: true);
        var root = JsonDocument.Parse(payload.WriteResults(frame)).RootElement;
        Assert.Equal(("door", 7L, "people"), (root.GetProperty("source").GetString(), root.GetProperty("frame").GetInt64(), root.GetProperty("model").GetString()));
        Assert.Equal([1, 0, 3, 2], root.GetProperty("detections")[0].GetProperty("box").EnumerateArray().Select(v => v.GetInt32()));
        Assert.Equal("gate", root.GetProperty("events")[0].GetProperty("rule").GetString());
    }

    [Fact]
    public void Events_say_whose_they_are()
    {
        using var payload = new MessagePayload(MaskPlane.None);
        using var frame = Make.Frame(7, withEvent: true);
        var root = JsonDocument.Parse(payload.WriteEvents(frame)).RootElement;
        Assert.Equal(["source", "frame", "timestamp_ms", "captured_at", "events"], root.EnumerateObject().Select(p => p.Name));
        Assert.Equal(280, root.GetProperty("timestamp_ms").GetDouble());
        Assert.Equal(7, root.GetProperty("events")[0].GetProperty("track_id").GetInt32());
    }

    [Fact]
    public void A_payload_that_cannot_be_written_leaves_the_next_whole()
    {
        using var payload = new MessagePayload(MaskPlane.None);
        using PipelineFrame broken = Make.Frame(1), good = Make.Frame(2);
        broken.AddCount(new RuleCount("gate", "in", double.NaN));
        var error = Assert.Throws<SinkException>(() => payload.WriteResults(broken));
        Assert.False(error.CanRetry);
        string text = Encoding.UTF8.GetString(payload.WriteResults(good).Span);
        Assert.Equal(2, JsonDocument.Parse(text).RootElement.GetProperty("frame").GetInt64());
    }
}
