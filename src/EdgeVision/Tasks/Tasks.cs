namespace EdgeVision;

/// <summary>A model that finds boxes (also oriented, with keypoints or with masks).</summary>
public sealed class Detector : TaskModel
{
    private Detector(VisionModel model) : base(model) { }

    /// <summary>Loads a detector. See <see cref="VisionModel.Load"/>; a model for another task is a <see cref="SpecException"/>.</summary>
    public static Detector Load(string path, RuntimeOptions? options = null) => new(Open(path, options, [ResultPart.Detections], "detect", "segment", "pose", "obb"));

    /// <summary>Detections of a frame, best first; valid until the next call.</summary>
    public Detections Detect(Frame frame) => Run(frame).Detections;
}

/// <summary>A model that names what a picture shows.</summary>
public sealed class Classifier : TaskModel
{
    private Classifier(VisionModel model) : base(model) { }

    /// <summary>Loads a classifier. See <see cref="VisionModel.Load"/>; a model for another task is a <see cref="SpecException"/>.</summary>
    public static Classifier Load(string path, RuntimeOptions? options = null) => new(Open(path, options, [ResultPart.Classification], "classify"));

    /// <summary>Best classes of a frame; valid until the next call.</summary>
    public Classification Classify(Frame frame) => Run(frame).Classification;
}

/// <summary>A model that outlines instances, or one that gives every pixel its class.</summary>
public sealed class Segmenter : TaskModel
{
    private Segmenter(VisionModel model) : base(model) { }

    /// <summary>Loads a segmenter. See <see cref="VisionModel.Load"/>; a model for another task is a <see cref="SpecException"/>.</summary>
    public static Segmenter Load(string path, RuntimeOptions? options = null) => new(Open(path, options, [ResultPart.Segmentation, ResultPart.Detections], "segment"));

    /// <summary>Instances of a frame with their masks, best first; valid until the next call.</summary>
    /// <exception cref="SpecException">The model gives every pixel a class and knows no instances.</exception>
    public Detections Segment(Frame frame)
    {
        Require("gives no instances with masks; classes of pixels come from SegmentPixels", "yolo-dfl-seg", "yolo-rows-seg", "mask-rcnn");
        return Run(frame).Detections;
    }

    /// <summary>Class of every pixel of a frame, or of a part of it; valid until the next call.</summary>
    /// <exception cref="SpecException">The model outlines instances and gives no classes of pixels.</exception>
    public SegmentationMap SegmentPixels(Frame frame, in Box? crop = null)
    {
        Require("gives no classes of pixels; instances with masks come from Segment", "segmentation");
        return Run(frame, crop).Segmentation;
    }
}

/// <summary>A model that finds bodies, hands or faces with their keypoints.</summary>
public sealed class PoseEstimator : TaskModel
{
    private PoseEstimator(VisionModel model) : base(model) { }

    /// <summary>Loads a pose model. See <see cref="VisionModel.Load"/>; a model for another task is a <see cref="SpecException"/>.</summary>
    public static PoseEstimator Load(string path, RuntimeOptions? options = null) => new(Open(path, options, [ResultPart.Detections], "pose"));

    /// <summary>Whether the model looks at one figure that fills its input, and gives just that one's keypoints.</summary>
    public bool IsTopDown => HasDecoder("heatmap") || HasDecoder("simcc");

    /// <summary>
    /// Instances of a frame with their keypoints, best first; of a top-down model the one figure that fills the frame or
    /// <paramref name="crop"/>, such as a detector's box with some room around it. Valid until the next call.
    /// </summary>
    /// <param name="frame">Source pixels.</param>
    /// <param name="crop">Part of the frame in pixels; keypoints are in pixels of the whole frame all the same.</param>
    public Detections Estimate(Frame frame, in Box? crop = null) => Run(frame, crop).Detections;
}

/// <summary>A model that measures how far away is what a picture shows.</summary>
public sealed class DepthEstimator : TaskModel
{
    private DepthEstimator(VisionModel model) : base(model) { }

    /// <summary>Loads a depth model. See <see cref="VisionModel.Load"/>; a model for another task is a <see cref="SpecException"/>.</summary>
    public static DepthEstimator Load(string path, RuntimeOptions? options = null) => new(Open(path, options, [ResultPart.Depth], "depth"));

    /// <summary>Distances in a frame or in a part of it; valid until the next call.</summary>
    public DepthMap Estimate(Frame frame, in Box? crop = null) => Run(frame, crop).Depth;
}

/// <summary>A model with any heads, one or several, read all together.</summary>
public sealed class MultiTaskModel : TaskModel
{
    private MultiTaskModel(VisionModel model) : base(model) => Tasks = model.Spec.Task.Split('+', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>What the model does: detect, classify, segment, pose, obb, embed, depth.</summary>
    public IReadOnlyList<string> Tasks { get; }

    /// <summary>Loads a model of whatever task. See <see cref="VisionModel.Load"/>.</summary>
    public static MultiTaskModel Load(string path, RuntimeOptions? options = null) => new(VisionModel.Load(path, options));

    /// <summary>All that the heads give for a frame or for a part of it; valid until the next call.</summary>
    public new VisionResult Run(Frame frame, in Box? crop = null) => base.Run(frame, crop);
}

/// <summary>A model that turns a picture into a feature vector.</summary>
public sealed class Embedder : TaskModel
{
    private Embedder(VisionModel model) : base(model) { }

    /// <summary>Loads an embedder. See <see cref="VisionModel.Load"/>; a model for another task is a <see cref="SpecException"/>.</summary>
    public static Embedder Load(string path, RuntimeOptions? options = null) => new(Open(path, options, [ResultPart.Embedding], "embed"));

    /// <summary>Feature vector of a frame or of a part of it; valid until the next call.</summary>
    public Embedding Embed(Frame frame, in Box? crop = null) => Run(frame, crop).Embedding;
}

/// <summary>What the typed tasks share: a model and the result that it fills.</summary>
public abstract class TaskModel : IDisposable
{
    private readonly VisionResult _result = new();

    private protected TaskModel(VisionModel model) => Model = model;

    /// <summary>The model underneath.</summary>
    public VisionModel Model { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        GC.SuppressFinalize(this);
    }

    // A task's name alone does not make results: a map of pixels is 'segment' too and has no box, so a head must fill one of the parts.
    private protected static VisionModel Open(string path, RuntimeOptions? options, ReadOnlySpan<ResultPart> parts, params ReadOnlySpan<string> tasks)
    {
        var model = VisionModel.Load(path, options);
        string task = model.Spec.Task, decoders = string.Join(", ", model.Spec.Outputs.Select(o => o.Decoder));
        bool named = false, given = false;
        foreach (string wanted in tasks)
        {
            named |= task.Split('+', StringSplitOptions.TrimEntries).Contains(wanted);
        }

        foreach (var part in parts)
        {
            given |= model.Gives(part);
        }

        if (named && given)
        {
            return model;
        }

        model.Dispose();
        throw new SpecException(named
            ? $"'{path}' is a model for '{task}' whose heads ({decoders}) give no {string.Join(" or ", parts.ToArray()).ToLowerInvariant()}"
            : $"'{path}' is a model for '{task}'; this task loads {string.Join(", ", tasks.ToArray())}");
    }

    private protected bool HasDecoder(string decoder)
    {
        foreach (var output in Model.Spec.Outputs)
        {
            if (output.Decoder == decoder)
            {
                return true;
            }
        }

        return false;
    }

    // One of the decoders at least.
    private protected void Require(string otherwise, params ReadOnlySpan<string> decoders)
    {
        foreach (string decoder in decoders)
        {
            if (HasDecoder(decoder))
            {
                return;
            }
        }

        throw new SpecException($"model '{Model.Name}' {otherwise}");
    }

    private protected VisionResult Run(Frame frame, in Box? crop = null)
    {
        Model.Run(frame, _result, crop);
        return _result;
    }
}
