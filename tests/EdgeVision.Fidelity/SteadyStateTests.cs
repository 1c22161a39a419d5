using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Fidelity;

/// <summary>Tests that look at the process as a whole and run alone.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;

/// <summary>A stream of frames allocates nothing once it runs.</summary>
[Collection("alone")]
public sealed class SteadyStateTests
{
    [Theory]
    [InlineData("yolov8n", PixelFormat.Bgr24)] // preprocess, inference, decode and NMS
    [InlineData("yolov8n", PixelFormat.Nv12)]
    [InlineData("yolov8n-pose", PixelFormat.Bgr24)]
    [InlineData("yolov8n-obb", PixelFormat.Bgr24)]
    [InlineData("yolov8n-cls", PixelFormat.Bgr24)]
    [InlineData("yolov10n", PixelFormat.Bgr24)]
    public void A_thousand_frames_allocate_nothing(string name, PixelFormat format)
    {
        // A low threshold, so that decoding and suppression have work: random weights score high everywhere.
        using var model = VisionModel.Load(SharedData.Path("golden", "ultralytics", "models", name + ".onnx"), new RuntimeOptions { Confidence = 0.5f });
        using var frame = Frame.Rent(format, 1280, 720);
        new Random(1).NextBytes(frame.MutableData);
        var result = new VisionResult();
        for (int i = 0; i < 100; i++)
        {
            model.Run(frame, result);
        }

        int detections = 0, collections = 0;
        long allocated = -1;
        // .NET itself may allocate once when it recompiles a hot method; what a frame allocates shows in every thousand.
        for (int round = 0; round < 3 && allocated != 0; round++)
        {
            detections = 0;
            collections = GC.CollectionCount(0);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1000; i++)
            {
                model.Run(frame, result);
                detections += result.Detections.Count + result.Classification.Count;
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.True(detections >= 1000, $"{detections} results in 1,000 frames: nothing was decoded");
        Assert.Equal(0, allocated);
        Assert.Equal(collections, GC.CollectionCount(0));
    }
}
