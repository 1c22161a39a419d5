using EdgeVision.Pipeline;

namespace EdgeVision.TestSupport.Pipeline;

/// <summary>Frames as a pipeline hands them to its sinks: moving objects, whose pixels and results both follow from the frame's number.</summary>
internal static class SinkFrames
{
    public static readonly string[] Labels = ["person", "car, \"red\""];

    /// <summary>Frame <paramref name="sequence"/> of a source: two objects on tracks 1 and 2, and one that is on none.</summary>
    public static PipelineFrame Of(string source, long sequence, PixelFormat format = PixelFormat.Bgr24, int width = 64, int height = 48, double fps = 25)
    {
        var frame = Frame.Rent(format, width, height, source, sequence, TimeSpan.FromTicks((long)(sequence * TimeSpan.TicksPerSecond / fps)));
        Paint(frame);
        var made = new PipelineFrame(frame, source, "model");
        var result = made.Result;
        (result.FrameWidth, result.FrameHeight, result.HasDetections, result.Transform) = (width, height, true, FrameTransform.Identity(width, height));
        var d = result.Detections;
        d.Labels = Labels;
        d.Add(BoxOf(sequence, width, height), 0.9f, 0);
        d.Add(new Box(width * 0.6f, 10.125f, width * 0.9f, height * 0.8f), 0.8125f, 1);
        d.Add(new Box(1, 2, 3, 4), 0.25f, 0);
        d.ClearTracks();
        d.SetTrackId(0, 1);
        d.SetTrackId(1, 2);
        return made;
    }

    /// <summary>The box of track 1.</summary>
    public static Box BoxOf(long sequence, int width, int height)
    {
        float x = sequence * 2 % (width * 0.5f);
        return new Box(x, height * 0.25f, x + width * 0.2f, height * 0.9f);
    }

    /// <summary>Pixels that follow from the frame's number and differ from one to the next, smooth as pictures are.</summary>
    public static void Paint(Frame frame)
    {
        var data = frame.MutableData;
        int stride = frame.Stride;
        for (int i = 0; i < data.Length; i++)
        {
            data[i] = (byte)(i % stride / 3 + i / stride + frame.Sequence * 3);
        }
    }
}
