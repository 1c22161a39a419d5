namespace EdgeVision;

/// <summary>What a pipeline asks of a model; tests give one whose time and findings they decide.</summary>
internal interface IFrameModel : IDisposable
{
    string Name { get; }

    int BatchSize { get; }

    bool FindsBoxes { get; }

    /// <summary>Runs on 1 to <see cref="BatchSize"/> frames.</summary>
    void RunBatch(ReadOnlySpan<Frame> frames, ReadOnlySpan<VisionResult> results, ReadOnlySpan<Box> crops);

    /// <summary>The same model for a second thread; null where there cannot be one.</summary>
    IFrameModel? Twin();

    /// <summary>Makes a run that goes on in another thread give up.</summary>
    void Terminate();

    /// <summary>Has it say what goes otherwise than asked, and went so while it was loaded.</summary>
    void Tell(Action<string> tell)
    {
    }
}

/// <summary>A model as a pipeline's.</summary>
internal sealed class LoadedModel(VisionModel model) : IFrameModel
{
    private RunThread? _runs;

    public string Name => model.Name;

    public int BatchSize => model.BatchSize;

    public bool FindsBoxes => model.FindsBoxes;

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

    public IFrameModel Twin()
    {
        var twin = model.Twin();
        _runs = new RunThread(model.Name);
        model.RunOn(_runs);
        twin.RunOn(_runs);
        return new LoadedModel(twin);
    }

    public void Terminate() => model.Engine.Terminate();

    public void Tell(Action<string> tell)
    {
        foreach (string text in model.Engine.TakeUnheard())
        {
            tell(text);
        }

        model.Engine.Notice += tell;
    }

    public void Dispose()
    {
        _runs?.Dispose();
        model.Dispose();
    }
}
