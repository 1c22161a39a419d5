namespace EdgeVision;

/// <summary>Model that detects boxes, also oriented ones, with keypoints or with masks.</summary>
public sealed class Detector : TaskModel
{
    private Detector(VisionModel model) : base(model) { }

    /// <summary>Loads a detector. See <see cref="VisionModel.Load"/>; a model of another task throws <see cref="SpecException"/>.</summary>
    public static Detector Load(string path, RuntimeOptions? options = null) =>
        new(Open(path, options, [ResultPart.Detections], "detect", "segment", "pose", "obb"));

    /// <summary>Runs the model on a frame and returns its detections, highest score first; valid until the next call.</summary>
    public Detections Detect(Frame frame) => Run(frame).Detections;
}

/// <summary>Model that classifies an image.</summary>
public sealed class Classifier : TaskModel
{
    private Classifier(VisionModel model) : base(model) { }

    /// <summary>
    /// Loads a classifier. See <see cref="VisionModel.Load"/>; a model of another task throws <see cref="SpecException"/>.
    /// </summary>
    public static Classifier Load(string path, RuntimeOptions? options = null) =>
        new(Open(path, options, [ResultPart.Classification], "classify"));

    /// <summary>Runs the model on a frame and returns its highest-scored classes; valid until the next call.</summary>
    public Classification Classify(Frame frame) => Run(frame).Classification;
}

/// <summary>Model for instance or semantic segmentation.</summary>
public sealed class Segmenter : TaskModel
{
    private Segmenter(VisionModel model) : base(model) { }

    /// <summary>
    /// Loads a segmenter. See <see cref="VisionModel.Load"/>; a model of another task throws <see cref="SpecException"/>.
    /// </summary>
    public static Segmenter Load(string path, RuntimeOptions? options = null) =>
        new(Open(path, options, [ResultPart.Segmentation, ResultPart.Detections], "segment"));

    /// <summary>Runs the model on a frame and returns its instances with masks, highest score first; valid until the next call.</summary>
    /// <exception cref="SpecException">The model is for semantic segmentation and has no instances.</exception>
    public Detections Segment(Frame frame)
    {
        Require(
            "has no instances with masks; call SegmentPixels for the classes of pixels",
            "yolo-dfl-seg",
            "yolo-rows-seg",
            "mask-rcnn");
        return Run(frame).Detections;
    }

    /// <summary>Runs the model on a frame, or on a part of it, and returns the class of every pixel; valid until the next call.</summary>
    /// <exception cref="SpecException">The model is for instance segmentation and has no classes of pixels.</exception>
    public SegmentationMap SegmentPixels(Frame frame, in Box? crop = null)
    {
        Require("has no classes of pixels; call Segment for instances with masks", "segmentation");
        return Run(frame, crop).Segmentation;
    }
}

/// <summary>Model that detects bodies, hands or faces with their keypoints.</summary>
public sealed class PoseEstimator : TaskModel
{
    private PoseEstimator(VisionModel model) : base(model) { }

    /// <summary>
    /// Loads a pose model. See <see cref="VisionModel.Load"/>; a model of another task throws <see cref="SpecException"/>.
    /// </summary>
    public static PoseEstimator Load(string path, RuntimeOptions? options = null) =>
        new(Open(path, options, [ResultPart.Detections], "pose"));

    /// <summary>Gets whether the model is top-down: it returns the keypoints of one instance that fills its input.</summary>
    public bool IsTopDown => HasDecoder("heatmap") || HasDecoder("simcc");

    /// <summary>Runs the model on a frame and returns its instances with keypoints, highest score first.</summary>
    /// <remarks>
    /// A top-down model returns the one instance that fills the frame or <paramref name="crop"/>, such as a detector's box with some
    /// margin. Valid until the next call.
    /// </remarks>
    /// <param name="frame">Source frame.</param>
    /// <param name="crop">Part of the frame in pixels; keypoints are still in pixels of the full frame.</param>
    public Detections Estimate(Frame frame, in Box? crop = null) => Run(frame, crop).Detections;
}

/// <summary>Model that estimates the distance of every pixel.</summary>
public sealed class DepthEstimator : TaskModel
{
    private DepthEstimator(VisionModel model) : base(model) { }

    /// <summary>
    /// Loads a depth model. See <see cref="VisionModel.Load"/>; a model of another task throws <see cref="SpecException"/>.
    /// </summary>
    public static DepthEstimator Load(string path, RuntimeOptions? options = null) =>
        new(Open(path, options, [ResultPart.Depth], "depth"));

    /// <summary>Runs the model on a frame, or on a part of it, and returns the distances; valid until the next call.</summary>
    public DepthMap Estimate(Frame frame, in Box? crop = null) => Run(frame, crop).Depth;
}

/// <summary>Model with any heads, one or several, whose results are returned together.</summary>
public sealed class MultiTaskModel : TaskModel
{
    private MultiTaskModel(VisionModel model) : base(model) =>
        Tasks = model.Spec.Task.Split('+', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Gets the tasks of the model: detect, classify, segment, pose, obb, embed, depth.</summary>
    public IReadOnlyList<string> Tasks { get; }

    /// <summary>Loads a model of any task. See <see cref="VisionModel.Load"/>.</summary>
    public static MultiTaskModel Load(string path, RuntimeOptions? options = null) => new(VisionModel.Load(path, options));

    /// <summary>Runs the model on a frame, or on a part of it, and returns the results of all heads; valid until the next call.</summary>
    public new VisionResult Run(Frame frame, in Box? crop = null) => base.Run(frame, crop);
}

/// <summary>Model that computes the feature vector of an image.</summary>
public sealed class Embedder : TaskModel
{
    private Embedder(VisionModel model) : base(model) { }

    /// <summary>
    /// Loads an embedder. See <see cref="VisionModel.Load"/>; a model of another task throws <see cref="SpecException"/>.
    /// </summary>
    public static Embedder Load(string path, RuntimeOptions? options = null) =>
        new(Open(path, options, [ResultPart.Embedding], "embed"));

    /// <summary>Runs the model on a frame, or on a part of it, and returns the feature vector; valid until the next call.</summary>
    public Embedding Embed(Frame frame, in Box? crop = null) => Run(frame, crop).Embedding;
}

/// <summary>Base of the typed tasks: a model and its reused result.</summary>
public abstract class TaskModel : IDisposable
{
    private readonly VisionResult _result = new();

    private protected TaskModel(VisionModel model) => Model = model;

    /// <summary>Gets the underlying model.</summary>
    public VisionModel Model { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        GC.SuppressFinalize(this);
    }

    // The task's name does not determine the results: a semantic map is 'segment' too and has no boxes, so a head must produce
    // one of the parts.
    private protected static VisionModel Open(
        string path, RuntimeOptions? options, ReadOnlySpan<ResultPart> parts, params ReadOnlySpan<string> tasks)
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
            ? $"'{path}' is a model for '{task}', but its heads ({decoders}) "
                + $"do not produce {string.Join(" or ", parts.ToArray()).ToLowerInvariant()}"
            : $"'{path}' must be a model for {string.Join(" or ", tasks.ToArray())}; its task is '{task}'");
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

    // Requires at least one of the decoders.
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
