using EdgeVision.Pipeline.Ledger;
using EdgeVision.Pipeline.Runners;
using EdgeVision.Pipeline.Scheduling;

namespace EdgeVision.Pipeline;

/// <summary>Runs sources, models, trackers, rules and sinks on threads of their own with bounded queues in between.</summary>
/// <remarks>
/// Every captured frame is delivered, dropped for a reason or failed, and the statistics account for each of them
/// (<see cref="GetStatistics"/>).
/// </remarks>
public sealed class VisionPipeline : IAsyncDisposable
{
    // A stop takes at most a second: first the run of the model and the analysis, then the results queued for the sinks. Only
    // completing a file may take longer, since it would otherwise stay incomplete.
    private static readonly TimeSpan WorkTimeout = TimeSpan.FromMilliseconds(300), TerminationTimeout = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(250);

    private readonly TimeProvider _clock;
    private readonly SourceCounters[] _ledgers;
    private readonly SourceRunner[] _sources;
    private readonly AnalysisRunner[] _analyses;
    private readonly ModelRunner[] _models;
    private readonly SinkRunner[] _sinks;
    private readonly IDisposable[] _loaded;
    private readonly Action[] _terminate;
    private readonly PipelineFramePool _frames = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<PipelineMessage>? _early = []; // messages from loading the models, before a listener can subscribe
    private long _start;
    private Task<PipelineStatistics>? _run;

    internal VisionPipeline(VisionPipelineBuilder parts)
    {
        PipelineValidator.Validate(parts);
        _clock = parts.Clock;
        var loaded = new List<IDisposable>();
        try
        {
            var models = parts.FrameModels.Select(m => Load(m.Load, loaded)).ToArray();
            var crops = parts.CropModels.Select(m => CreateCropModel(m, Load(m.Load, loaded))).ToArray();
            PipelineValidator.Validate(parts, models);
            _terminate = [.. crops.Select(c => (Action)c.Terminate)];
            int[] serving = PipelineValidator.GetServingModels(parts);
            _ledgers = [.. parts.Sources.Select(s => new SourceCounters(s.Name, _clock))];
            _sinks =
            [
                .. parts.Sinks.Select((s, i) => new SinkRunner(s.Target, s.Options, CreateReporter(s.Target.Name), _clock, parts.Seed + 1000 + i)),
            ];
            _analyses = [.. parts.Sources.Select((s, i) => CreateAnalysis(parts, s, i, crops, loaded))];
            _models = new ModelRunner[models.Length];
            _sources = new SourceRunner[parts.Sources.Count];
            for (int m = 0; m < models.Length; m++)
            {
                string name = parts.FrameModels[m].Name is { Length: > 0 } given ? given : models[m].Name;
                int[] served = [.. Enumerable.Range(0, parts.Sources.Count).Where(s => serving[s] == m)];
                var options = parts.FrameModels[m].Options;
                SubscribeToWarnings(models[m], name);
                var scheduler = new FrameScheduler(
                    [.. served.Select(s => CreateQueueOptions(parts.Sources[s].Options, _ledgers[s]))],
                    Math.Min(options.MaxBatch, models[m].BatchSize),
                    options.MaxWait,
                    _clock);
                _models[m] = new ModelRunner(models[m], name, scheduler, [.. served.Select(s => _analyses[s])], CreateReporter(name), _clock);
                for (int lane = 0; lane < served.Length; lane++)
                {
                    int number = lane;
                    _analyses[served[lane]].SetReleaseCallback(() => scheduler.Release(number));
                    _sources[served[lane]] = CreateSource(parts, served[lane], scheduler, lane);
                }
            }
        }
        catch
        {
            loaded.ForEach(m => m.Dispose());
            throw;
        }

        _loaded = [.. loaded];
    }

    /// <summary>Raised for messages of the running pipeline, first for those from loading its models.</summary>
    /// <remarks>Raised on the threads of the pipeline, so handlers should return quickly.</remarks>
    public event Action<PipelineMessage>? MessageReported;

    /// <summary>Names of the sources, in the order in which they were added.</summary>
    public IReadOnlyList<string> Sources => Array.ConvertAll(_ledgers, l => l.Name);

    /// <summary>Number of frames not yet returned to the pools: those in flight and those kept by sinks.</summary>
    public int RentedFrameCount => _sources.Sum(s => s.RentedFrameCount);

    /// <summary>Returns the current statistics.</summary>
    public PipelineStatistics GetStatistics() => new()
    {
        Elapsed = _start == 0 ? TimeSpan.Zero : _clock.GetElapsedTime(_start),
        Sources = Array.ConvertAll(_ledgers, l => l.GetStatistics()),
        Sinks = Array.ConvertAll(_sinks, s => s.Ledger.GetStatistics()),
    };

    /// <summary>Returns the rules of a source, for drawing their outlines; empty for a source without rules.</summary>
    /// <exception cref="ArgumentException">No source has that name.</exception>
    public IReadOnlyList<IPipelineRule> GetRules(string source) => Array.FindIndex(_ledgers, l => l.Name == source) is var i and >= 0
        ? _analyses[i].Rules
        : throw new ArgumentException($"no source is named '{source}'", nameof(source));

    /// <summary>
    /// Runs until every source has ended or failed, or until cancelled, then lets the sinks write their queues. Runs once.
    /// </summary>
    /// <returns>The final statistics.</returns>
    /// <exception cref="InvalidOperationException">The pipeline has already run.</exception>
    /// <remarks>Cancelling takes effect within a second and is not an error: the statistics say what was dropped.</remarks>
    public Task<PipelineStatistics> RunAsync(CancellationToken cancel = default)
    {
        if (_run is not null)
        {
            throw new InvalidOperationException("a pipeline can run only once; build a new one");
        }

        return _run = Run(cancel);
    }

    /// <summary>Stops a running pipeline and disposes models and sinks; a model whose run never returned is not disposed.</summary>
    public async ValueTask DisposeAsync()
    {
        RequestStop();
        Exception? first = null;
        if (_run is not null)
        {
            await Try(async () => await _run.ConfigureAwait(false)).ConfigureAwait(false);
        }

        foreach (var sink in _sinks)
        {
            await Try(sink.DisposeAsync).ConfigureAwait(false);
        }

        // An abandoned thread may still run a model; what it uses must not be disposed then and stays until the process ends.
        if (_run is null || await CompletesWithin(
            Task.WhenAll(_models.Select(m => m.Ended).Concat(_analyses.Select(a => a.Ended))),
            SinkRunner.CompletionTimeout).ConfigureAwait(false))
        {
            foreach (var part in _models.Concat(_loaded))
            {
                await Try(() =>
                {
                    part.Dispose();
                    return ValueTask.CompletedTask;
                }).ConfigureAwait(false);
            }
        }

        if (first is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        }

        // One failing Dispose must not prevent the others.
        async ValueTask Try(Func<ValueTask> free)
        {
            try
            {
                await free().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                first ??= e;
            }
        }
    }

    // Signalled separately from the token: callbacks of the token are user code and may not return.
    private void RequestStop()
    {
        _stopped.TrySetResult();
        _ = _stop.CancelAsync();
    }

    private async Task<PipelineStatistics> Run(CancellationToken cancel)
    {
        _start = _clock.GetTimestamp();
        var early = _early!;
        _early = null;
        early.ForEach(Report);
        await using var linked = cancel.UnsafeRegister(static p => ((VisionPipeline)p!).RequestStop(), this).ConfigureAwait(false);
        foreach (var sink in _sinks)
        {
            sink.Start();
        }

        foreach (var analysis in _analyses)
        {
            analysis.Start();
        }

        foreach (var model in _models)
        {
            model.Start();
        }

        foreach (var source in _sources)
        {
            source.Start();
        }

        await using var watch = new Timer(_ => Array.ForEach(_sources, s => s.CheckStalled()), null, WatchInterval, WatchInterval)
            .ConfigureAwait(false);
        var ends = Drain();
        await Task.WhenAny(ends, _stopped.Task).ConfigureAwait(false);
        if (!ends.IsCompleted)
        {
            await Stop().ConfigureAwait(false);
            await ends.ConfigureAwait(false);
        }

        return GetStatistics();
    }

    // Each stage ends after the one before it, so that no frame is lost.
    private async Task Drain()
    {
        await Task.WhenAll(_sources.Select(s => s.Completion)).ConfigureAwait(false);
        await Task.WhenAll(_models.Select(m => m.Completion)).ConfigureAwait(false);
        await Task.WhenAll(_analyses.Select(a => a.Completion)).ConfigureAwait(false);
        foreach (var sink in _sinks)
        {
            sink.End();
        }

        await Task.WhenAll(_sinks.Select(CompleteOrAbandonAsync)).ConfigureAwait(false);
    }

    // A sink may take as long as it needs to write, but has a time limit to complete.
    private static async Task CompleteOrAbandonAsync(SinkRunner sink)
    {
        await Task.WhenAny(sink.Completion, sink.CompletionStarted).ConfigureAwait(false);
        if (!await CompletesWithin(sink.Completion, SinkRunner.CompletionTimeout + TerminationTimeout).ConfigureAwait(false))
        {
            sink.Abandon();
        }
    }

    private async Task Stop()
    {
        foreach (var model in _models)
        {
            model.Stop();
        }

        foreach (var source in _sources)
        {
            source.Abort();
        }

        var work = Task.WhenAll(_models.Select(m => m.Completion).Concat(_analyses.Select(a => a.Completion)));
        if (!await CompletesWithin(work, WorkTimeout).ConfigureAwait(false))
        {
            // The analysis is closed before the run is terminated: the last frames of a terminated model must not be accepted.
            Array.ForEach(_analyses, a => a.Stop());
            Array.ForEach(_models, m => m.Terminate());
            Array.ForEach(_terminate, t => t());
            await CompletesWithin(work, TerminationTimeout).ConfigureAwait(false);
        }

        // Cameras are released first: the caller may want to open them again.
        await CompletesWithin(Task.WhenAll(_sources.Select(s => s.Completion)), TerminationTimeout).ConfigureAwait(false);
        Array.ForEach(_sources, s => s.Abandon());
        Array.ForEach(_models, m => m.Abandon());
        Array.ForEach(_analyses, a => a.Abandon());
        Array.ForEach(_sinks, s => s.Stop(WriteTimeout));
        var written = Task.WhenAll(_sinks.Select(s => s.Completion));
        if (!await CompletesWithin(written, WriteTimeout + TerminationTimeout).ConfigureAwait(false))
        {
            Array.ForEach(Array.FindAll(_sinks, s => !s.CompletionStarted.IsCompleted), s => s.Abandon());
            await Task.WhenAll(_sinks.Select(CompleteOrAbandonAsync)).ConfigureAwait(false);
        }
    }

    private static async Task<bool> CompletesWithin(Task task, TimeSpan time)
    {
        await Task.WhenAny(task, Task.Delay(time)).ConfigureAwait(false);
        return task.IsCompleted;
    }

    private static IFrameModel Load(Func<IFrameModel> load, List<IDisposable> loaded)
    {
        var model = load();
        loaded.Add(model);
        return model;
    }

    private SharedCropModel CreateCropModel(VisionPipelineBuilder.CropModel part, IFrameModel model)
    {
        string name = part.Name.Length > 0 ? part.Name : model.Name;
        SubscribeToWarnings(model, name);
        return new SharedCropModel(model, name, part.Options);
    }

    // Warnings of a model's execution providers become messages of the pipeline.
    private void SubscribeToWarnings(IFrameModel model, string name)
    {
        var teller = CreateReporter(name);
        model.SubscribeToWarnings(text => teller(PipelineMessageLevel.Warning, text));
    }

    private static FrameScheduler.SourceQueueOptions CreateQueueOptions(SourceOptions options, SourceCounters ledger) =>
        new(options.Capacity, options.MaxAge, options.Weight, options.FrameInterval, ledger);

    private AnalysisRunner CreateAnalysis(
        VisionPipelineBuilder parts, VisionPipelineBuilder.Source source, int index, SharedCropModel[] crops, List<IDisposable> loaded)
    {
        var tracking = parts.Trackings.Find(t => t.Sources is not { } some || some.Contains(source.Name));
        var tracker = tracking?.Create();
        if (tracker is IDisposable looking)
        {
            loaded.Add(looking); // it has a model of its own
        }

        return new AnalysisRunner(
            _ledgers[index],
            tracker,
            tracking?.Smoother?.Invoke(),
            tracking?.KeepUntracked ?? true,
            source.Options.FrameInterval > 1,
            [.. crops.Where(c => c.Options.Sources is not { } some || some.Contains(source.Name)).Select(c => new CropRunner(c))],
            [.. parts.Rules.Where(r => r.Sources is not { } some || some.Contains(source.Name)).Select(r => r.Create())],
            [.. _sinks.Where(s => s.Accepts(source.Name))],
            CreateReporter(source.Name),
            _clock);
    }

    private SourceRunner CreateSource(VisionPipelineBuilder parts, int index, FrameScheduler scheduler, int lane)
    {
        var source = parts.Sources[index];
        var runner = new SourceRunner(source, _ledgers[index], Deliver, CreateReporter(source.Name), _clock, parts.Seed + index, _stop.Token);
        _ = runner.Completion.ContinueWith(_ => scheduler.End(lane), TaskScheduler.Default);
        return runner;

        void Deliver(Frame frame, QueuePolicy policy)
        {
            var item = _frames.Rent().Initialize(frame, source.Name, index, _clock.GetTimestamp(), _clock.GetUtcNow());
            item.Policy = policy;
            scheduler.Offer(lane, item, policy);
        }
    }

    private Action<PipelineMessageLevel, string> CreateReporter(string component) => (level, message) =>
    {
        var notice = new PipelineMessage(level, component, message);
        if (_early is { } early)
        {
            early.Add(notice);
        }
        else
        {
            Report(notice);
        }
    };

    private void Report(PipelineMessage notice)
    {
        try
        {
            MessageReported?.Invoke(notice);
        }
        catch (Exception)
        {
            // A failing listener must not stop a camera.
        }
    }
}
