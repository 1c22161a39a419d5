namespace EdgeVision;

/// <summary>A model that finds boxes (also oriented, with keypoints or with masks).</summary>
public sealed class Detector : TaskModel
{
    private Detector(VisionModel model) : base(model) { }

    /// <summary>Loads a detector. See <see cref="VisionModel.Load"/>; a model for another task is a <see cref="SpecException"/>.</summary>
    public static Detector Load(string path, RuntimeOptions? options = null) => new(Open(path, options, "detect", "segment", "pose", "obb"));

    /// <summary>Detections of a frame, best first; valid until the next call.</summary>
    public Detections Detect(Frame frame) => Run(frame).Detections;
}

/// <summary>A model that names what a picture shows.</summary>
public sealed class Classifier : TaskModel
{
    private Classifier(VisionModel model) : base(model) { }

    /// <summary>Loads a classifier. See <see cref="VisionModel.Load"/>; a model for another task is a <see cref="SpecException"/>.</summary>
    public static Classifier Load(string path, RuntimeOptions? options = null) => new(Open(path, options, "classify"));

    /// <summary>Best classes of a frame; valid until the next call.</summary>
    public Classification Classify(Frame frame) => Run(frame).Classification;
}

/// <summary>A model that outlines instances.</summary>
public sealed class Segmenter : TaskModel
{
    private Segmenter(VisionModel model) : base(model) { }

    /// <summary>Loads a segmenter. See <see cref="VisionModel.Load"/>; a model for another task is a <see cref="SpecException"/>.</summary>
    public static Segmenter Load(string path, RuntimeOptions? options = null) => new(Open(path, options, "segment"));

    /// <summary>Instances of a frame with their masks, best first; valid until the next call.</summary>
    public Detections Segment(Frame frame) => Run(frame).Detections;
}

/// <summary>A model that finds bodies, hands or faces with their keypoints.</summary>
public sealed class PoseEstimator : TaskModel
{
    private PoseEstimator(VisionModel model) : base(model) { }

    /// <summary>Loads a pose model. See <see cref="VisionModel.Load"/>; a model for another task is a <see cref="SpecException"/>.</summary>
    public static PoseEstimator Load(string path, RuntimeOptions? options = null) => new(Open(path, options, "pose"));

    /// <summary>Instances of a frame with their keypoints, best first; valid until the next call.</summary>
    public Detections Estimate(Frame frame) => Run(frame).Detections;
}

/// <summary>A model that turns a picture into a feature vector.</summary>
public sealed class Embedder : TaskModel
{
    private Embedder(VisionModel model) : base(model) { }

    /// <summary>Loads an embedder. See <see cref="VisionModel.Load"/>; a model for another task is a <see cref="SpecException"/>.</summary>
    public static Embedder Load(string path, RuntimeOptions? options = null) => new(Open(path, options, "embed"));

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

    private protected static VisionModel Open(string path, RuntimeOptions? options, params ReadOnlySpan<string> tasks)
    {
        var model = VisionModel.Load(path, options);
        foreach (string task in tasks)
        {
            if (model.Spec.Task.Split('+').Contains(task))
            {
                return model;
            }
        }

        string is_ = model.Spec.Task;
        model.Dispose();
        throw new SpecException($"'{path}' is a model for '{is_}'; this task loads {string.Join(", ", tasks.ToArray())}");
    }

    private protected VisionResult Run(Frame frame, in Box? crop = null)
    {
        Model.Run(frame, _result, crop);
        return _result;
    }
}
