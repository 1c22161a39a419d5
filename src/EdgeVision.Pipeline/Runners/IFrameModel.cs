namespace EdgeVision.Pipeline.Runners;

/// <summary>Model of a pipeline; <see cref="VisionModelAdapter"/> adapts a <see cref="VisionModel"/>.</summary>
public interface IFrameModel : IDisposable
{
    /// <summary>Name of the model.</summary>
    string Name { get; }

    /// <summary>Maximum number of frames of a run.</summary>
    int BatchSize { get; }

    /// <summary>Gets whether the model detects boxes.</summary>
    bool DetectsBoxes { get; }

    /// <summary>Runs on 1 to <see cref="BatchSize"/> frames.</summary>
    void RunBatch(ReadOnlySpan<Frame> frames, ReadOnlySpan<VisionResult> results, ReadOnlySpan<Box> crops);

    /// <summary>Creates a second context of the same model for another thread; null if that is not possible.</summary>
    IFrameModel? CreateContext();

    /// <summary>Terminates a run in progress on another thread.</summary>
    void Terminate();

    /// <summary>Reports the warnings raised while the model was loaded, then subscribes to later ones.</summary>
    void SubscribeToWarnings(Action<string> tell)
    {
    }
}

/// <summary>Adapts a <see cref="VisionModel"/> to a pipeline.</summary>
public sealed class VisionModelAdapter(VisionModel model) : IFrameModel
{
    /// <inheritdoc/>
    public string Name => model.Name;

    /// <inheritdoc/>
    public int BatchSize => model.BatchSize;

    /// <inheritdoc/>
    public bool DetectsBoxes => model.DetectsBoxes;

    /// <inheritdoc/>
    public void RunBatch(ReadOnlySpan<Frame> frames, ReadOnlySpan<VisionResult> results, ReadOnlySpan<Box> crops)
    {
        if (frames.Length == 1)
        {
            model.Run(frames[0], results[0], crops.Length == 0 ? null : crops[0]);
        }
        else
        {
            model.RunBatch(frames, results, crops);
        }
    }

    /// <inheritdoc/>
    public IFrameModel CreateContext() => new VisionModelAdapter(model.CreateContext(dedicatedThread: true));

    /// <inheritdoc/>
    public void Terminate() => model.Engine.Terminate();

    /// <inheritdoc/>
    public void SubscribeToWarnings(Action<string> tell)
    {
        foreach (string text in model.Engine.TakeBufferedWarnings())
        {
            tell(text);
        }

        model.Engine.Warning += tell;
    }

    /// <inheritdoc/>
    public void Dispose() => model.Dispose();
}
