using EdgeVision.Pipeline;

namespace EdgeVision.Messaging.Tests.Support;

/// <summary>Frames with something on them.</summary>
internal static class Make
{
    public static PipelineFrame Frame(long sequence = 0, string source = "door", bool withEvent = false)
    {
        var frame = new PipelineFrame(EdgeVision.Frame.Rent(PixelFormat.Gray8, 4, 2, source, sequence, TimeSpan.FromMilliseconds(40 * sequence)), source, "people");
        frame.Result.Detections.Add(new Box(1, 0, 3, 2), 0.5f, 0);
        if (withEvent)
        {
            frame.AddEvent(new PipelineEvent("gate", "crossed", 7) { Direction = "in" });
        }

        return frame;
    }
}
