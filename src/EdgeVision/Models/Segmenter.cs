using EdgeVision.Decoding;

namespace EdgeVision;

/// <summary>Model for instance or semantic segmentation.</summary>
public sealed class Segmenter : TaskModel
{
    private Segmenter(VisionModel model) : base(model) { }

    /// <summary>
    /// Loads a segmenter. See <see cref="VisionModel.Load"/>; a model of another task throws <see cref="SpecException"/>.
    /// </summary>
    public static Segmenter Load(string path, RuntimeOptions? options = null) =>
        new(Open(path, options, [OutputKind.Segmentation, OutputKind.Detections], "segment"));

    /// <summary>Runs the model on a frame and returns its instances with masks, highest score first; valid until the next call.</summary>
    /// <exception cref="SpecException">The model is for semantic segmentation and has no instances.</exception>
    public Detections Segment(Frame frame)
    {
        Require(Model.ProducesMasks, "has no instances with masks; call SegmentPixels for the classes of pixels");
        return Run(frame).Detections;
    }

    /// <summary>Runs the model on a frame, or on a part of it, and returns the class of every pixel; valid until the next call.</summary>
    /// <exception cref="SpecException">The model is for instance segmentation and has no classes of pixels.</exception>
    public SegmentationMap SegmentPixels(Frame frame, in Box? crop = null)
    {
        Require(Model.Produces(OutputKind.Segmentation), "has no classes of pixels; call Segment for instances with masks");
        return Run(frame, crop).Segmentation;
    }
}
