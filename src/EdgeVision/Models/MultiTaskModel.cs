namespace EdgeVision;

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
