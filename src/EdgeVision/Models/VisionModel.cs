using System.Diagnostics;
using EdgeVision.Decoding;
using EdgeVision.Inference;
using EdgeVision.Inference.Providers;
using EdgeVision.Inference.Sessions;
using EdgeVision.Models;
using EdgeVision.Preprocessing;
using EdgeVision.Results;
using EdgeVision.Specs;
using EdgeVision.Threading;

namespace EdgeVision;

/// <summary>Runs a model from frame to results: preprocessing, inference and decoding as its spec describes.</summary>
/// <remarks>
/// All stages use this instance's buffers: a steady stream of frames allocates nothing, and an instance serves one thread at a time.
/// </remarks>
public sealed class VisionModel : IParallelWork, IDisposable
{
    private readonly Preprocessor _preprocessor;
    private readonly HeadRunner _heads;
    private readonly ParallelRunner _parallel;
    private readonly Worker[] _workers; // share the items of a batch; the first one uses this model's own preprocessor and heads
    private readonly Frame?[] _frames;
    private readonly Box?[] _crops;
    private readonly VisionResult?[] _results;
    private int _partCount, _itemCount;
    private bool _decoding;
    private readonly FrameTransform[] _transforms;
    private readonly int _input;
    private readonly int _imageBytes;

    private readonly string _path;
    private readonly RuntimeOptions _options;
    private readonly Lock _runLock; // shared by models of one session: their runs are serialized, preprocessing and decoding are parallel
    private readonly RunThread.Job _job;
    private volatile RunThread? _runThread;
    private RunThread? _ownThread;
    private long _started, _preprocessed, _began, _ran, _ended;

    private VisionModel(string path, InferenceEngine engine, RuntimeOptions options, Lock? runs = null)
    {
        (Engine, _path, _options, _runLock) = (engine, path, options, runs ?? new Lock());
        _job = new RunThread.Job(RunNow);
        (Spec, SpecSource) = BundleReader.ReadSpec(path, engine.Metadata, engine.Inputs, engine.Outputs, options.SpecPath);
        if (options.InputSize is { } size)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(Math.Min(size.Width, size.Height), 1);
            Spec = Spec with { Input = Spec.Input with { Width = size.Width, Height = size.Height } };
        }

        Name = Spec.Name ?? Path.GetFileNameWithoutExtension(path);
        _input = FindInput(engine, Spec.Input, path);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1);
        FitInput(engine, _input, Spec.Input, options.BatchSize);
        _transforms = new FrameTransform[options.BatchSize];
        _imageBytes = Preprocessor.GetByteCount(Spec.Input);
        int threads = Math.Clamp(engine.Threads.ImageThreads, 1, 64);
        _preprocessor = new Preprocessor(Spec.Input, threads);
        var thresholds = Spec.Thresholds;
        Options = new DecoderOptions(
            ValidateUnit(options.Confidence ?? thresholds.Confidence, "confidence"),
            ValidateUnit(options.Iou ?? thresholds.Iou, "IoU"),
            options.MaxDetections is < 1
                ? throw new ArgumentOutOfRangeException(nameof(options), $"MaxDetections must be at least 1; got {options.MaxDetections}")
                : options.MaxDetections ?? thresholds.MaxDetections,
            options.ClassAgnostic ?? thresholds.ClassAgnostic) { Threads = threads };
        _heads = new HeadRunner(Spec, engine.Outputs, Options);
        _frames = new Frame?[options.BatchSize];
        _crops = new Box?[options.BatchSize];
        _results = new VisionResult?[options.BatchSize];
        _parallel = new ParallelRunner(Math.Min(threads, options.BatchSize));
        _workers = new Worker[_parallel.ThreadCount];
        _workers[0] = new Worker(_preprocessor, _heads);
        for (int i = 1; i < _workers.Length; i++)
        {
            // Each worker processes whole items of a batch, so one thread is enough for its images and masks.
            var single = Options with { Threads = 1 };
            _workers[i] = new Worker(new Preprocessor(Spec.Input), new HeadRunner(Spec, engine.Outputs, single));
        }
    }

    /// <summary>Gets the model's name: the spec's, or else the file's.</summary>
    public string Name { get; }

    /// <summary>Gets the spec: how frames become input and outputs become results.</summary>
    public ModelSpec Spec { get; }

    /// <summary>Gets a description of where the spec was found.</summary>
    public string SpecSource { get; }

    /// <summary>Gets the active thresholds.</summary>
    public DecoderOptions Options { get; }

    /// <summary>Gets the network.</summary>
    public InferenceEngine Engine { get; }

    /// <summary>Gets whether a head detects boxes.</summary>
    public bool DetectsBoxes => _heads.ProducesDetections;

    /// <summary>Gets whether the detections have masks.</summary>
    public bool ProducesMasks => _heads.ProducesMasks;

    /// <summary>Gets whether the detections have keypoints.</summary>
    public bool ProducesKeypoints => _heads.ProducesKeypoints;

    /// <summary>Gets whether a head is top-down: its result is the one instance that fills the frame or crop.</summary>
    public bool IsTopDown => _heads.IsTopDown;

    /// <summary>Gets whether a head computes an embedding.</summary>
    public bool ProducesEmbedding => Produces(OutputKind.Embedding);

    /// <summary>Gets the maximum number of frames per run of the network.</summary>
    public int BatchSize => _transforms.Length;

    /// <summary>Loads a model with its spec.</summary>
    /// <exception cref="ModelFormatException">The file is not a readable model, or it does not fit its spec.</exception>
    /// <exception cref="SpecException">The spec has a missing or invalid field.</exception>
    /// <exception cref="ProviderUnavailableException">A required provider is not available.</exception>
    public static VisionModel Load(string path, RuntimeOptions? options = null) => LoadWithProviders(null, path, options ?? new RuntimeOptions());

    internal static VisionModel LoadWithProviders(INativeProviders? native, string path, RuntimeOptions options)
    {
        var engine = new InferenceEngine(path, new EngineOptions
        {
            Providers = options.Providers,
            ProviderOptions = options.ProviderOptions,
            ProviderLibrary = options.ProviderLibrary,
            OnWarning = options.OnWarning,
            Threads = options.Threads,
            OptimizeGraph = options.OptimizeGraph,
            CacheFolder = options.CacheFolder,
            Native = native,
            // A dynamic input size is fixed later by the spec, which is read from the graph: see FitInput.
        });
        try
        {
            return new VisionModel(path, engine, options);
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <summary>Runs the model on a frame and returns a new result; for a stream use the overload that reuses a result.</summary>
    public VisionResult Run(Frame frame)
    {
        var result = new VisionResult();
        Run(frame, result);
        return result;
    }

    /// <summary>Runs the model on a frame, or on a part of it, and writes to <paramref name="result"/>.</summary>
    /// <param name="frame">Source frame.</param>
    /// <param name="result">Result to overwrite; reuse it for the next frame.</param>
    /// <param name="crop">Part of the frame in pixels; results are still in pixels of the full frame.</param>
    /// <exception cref="InvalidOutputException">The network's output has NaN or infinity.</exception>
    /// <exception cref="EdgeVisionException">ONNX Runtime failed.</exception>
    public void Run(Frame frame, VisionResult result, in Box? crop = null)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(result);
        result.Clear();
        _started = Stopwatch.GetTimestamp();
        _transforms[0] = _preprocessor.Process(frame, Engine.GetInputBytes(_input)[.._imageBytes], crop);
        _preprocessed = Stopwatch.GetTimestamp();
        Infer(1);
        _heads.Decode(Engine.Results, 0, _transforms[0], result);
        result.Timing = Timing(1);
    }

    /// <summary>Runs the model once on several frames; each result's timing is its share of the total.</summary>
    /// <remarks>If the graph's batch size is open, the network runs on exactly that many frames.</remarks>
    /// <param name="frames">1 to <see cref="BatchSize"/> frames.</param>
    /// <param name="results">As many results, to be overwritten.</param>
    /// <param name="crops">Part of each frame in pixels, or empty; results are still in pixels of the full frames.</param>
    /// <exception cref="InvalidOutputException">The network's output has NaN or infinity.</exception>
    /// <exception cref="EdgeVisionException">ONNX Runtime failed.</exception>
    public void RunBatch(ReadOnlySpan<Frame> frames, ReadOnlySpan<VisionResult> results, ReadOnlySpan<Box> crops = default)
    {
        if (frames.Length < 1 || frames.Length > BatchSize
            || results.Length != frames.Length || crops.Length != 0 && crops.Length != frames.Length)
        {
            throw new ArgumentException(
                $"a batch must have 1 to {BatchSize} frames and as many results (and crops, if any); "
                + $"got {frames.Length} frames, {results.Length} results and {crops.Length} crops",
                nameof(frames));
        }

        _started = Stopwatch.GetTimestamp();
        for (int i = 0; i < frames.Length; i++)
        {
            results[i].Clear();
            (_frames[i], _results[i], _crops[i]) = (frames[i], results[i], crops.Length == 0 ? null : crops[i]);
        }

        try
        {
            (_itemCount, _partCount, _decoding) = (frames.Length, Math.Min(_workers.Length, frames.Length), false);
            _parallel.Run(this, _partCount);
            _preprocessed = Stopwatch.GetTimestamp();
            Infer(frames.Length);
            _decoding = true;
            _parallel.Run(this, _partCount);
        }
        finally
        {
            Array.Clear(_frames);
            Array.Clear(_results);
        }

        var timing = Timing(frames.Length);
        foreach (var result in results)
        {
            result.Timing = timing;
        }
    }

    /// <summary>Creates another instance of the model for another thread, which shares the network with this one.</summary>
    /// <remarks>
    /// It has its own buffers. Runs of the network are serialized, so that one instance preprocesses and decodes while the other runs. Each
    /// is disposed separately.
    /// </remarks>
    /// <param name="dedicatedThread">
    /// Runs the network of both instances on one thread of their own, whose core keeps the network's memory in its caches; this instance owns it.
    /// </param>
    public VisionModel CreateContext(bool dedicatedThread = false)
    {
        var engine = Engine.CreateContext();
        try
        {
            var context = new VisionModel(_path, engine, _options, _runLock);
            if (dedicatedThread)
            {
                _ownThread ??= new RunThread(Name);
                _runThread = _ownThread;
                context._runThread = _ownThread;
            }

            return context;
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ownThread?.Dispose();
        Engine.Dispose();
    }

    void IParallelWork.Execute(int part)
    {
        var worker = _workers[part];
        for (int i = part; i < _itemCount; i += _partCount)
        {
            if (_decoding)
            {
                worker.Heads.Decode(Engine.Results, i, _transforms[i], _results[i]!);
            }
            else
            {
                var input = Engine.GetInputBytes(_input).Slice(i * _imageBytes, _imageBytes);
                _transforms[i] = worker.Preprocessor.Process(_frames[i]!, input, _crops[i]);
            }
        }
    }

    /// <summary>Returns whether a head produces this part of a result.</summary>
    public bool Produces(OutputKind part) => _heads.Produces(part);

    /// <summary>Returns the decoder of the first head that does not detect boxes; null if all do.</summary>
    /// <remarks>Top-down pose heads count as such: they get one instance and do not detect any.</remarks>
    internal string? FindNonDetectionHead()
    {
        for (int i = 0; i < _heads.Decoders.Count; i++)
        {
            if (_heads.Decoders[i].Produces != OutputKind.Detections || _heads.Decoders[i].IsTopDown)
            {
                return Spec.Outputs[i].Decoder;
            }
        }

        return null;
    }

    // Records the time of the run without the wait for another instance's run.
    private void Infer(int items)
    {
        if (BatchSize > 1)
        {
            Engine.TrySetBatchSize(items);
        }

        if (_runThread is { } thread)
        {
            thread.Invoke(_job);
            return;
        }

        RunNow();
    }

    private void RunNow()
    {
        lock (_runLock)
        {
            _began = Stopwatch.GetTimestamp();
            Engine.Run();
            _ran = Stopwatch.GetTimestamp();
        }
    }

    private StageTiming Timing(int frames)
    {
        _ended = Stopwatch.GetTimestamp();
        return new StageTiming(
            Stopwatch.GetElapsedTime(_started, _preprocessed).TotalMilliseconds / frames,
            Stopwatch.GetElapsedTime(_began, _ran).TotalMilliseconds / frames,
            Stopwatch.GetElapsedTime(_ran, _ended).TotalMilliseconds / frames);
    }

    /// <summary>Gets the times of the stages of the last run, summed over its frames.</summary>
    public StageTimes LastStages
    {
        get
        {
            var (copyIn, run, copyOut) = Engine.LastRun;
            return new StageTimes(
                ToNanoseconds(_preprocessed - _started),
                ToNanoseconds(copyIn),
                ToNanoseconds(run),
                ToNanoseconds(copyOut),
                ToNanoseconds(_ended - _ran));
        }
    }

    private static long ToNanoseconds(long ticks) =>
        Stopwatch.Frequency == 1_000_000_000 ? ticks : (long)(ticks * (1e9 / Stopwatch.Frequency));

    private readonly record struct Worker(Preprocessor Preprocessor, HeadRunner Heads);

    private static int FindInput(InferenceEngine engine, InputSpec input, string path)
    {
        if (input.Name is null)
        {
            return engine.Inputs.Count > 0 ? 0 : throw new ModelFormatException($"'{path}' has no input");
        }

        for (int i = 0; i < engine.Inputs.Count; i++)
        {
            if (engine.Inputs[i].Name == input.Name)
            {
                return i;
            }
        }

        throw new SpecException($"input.name must be one of {string.Join(", ", engine.Inputs.Select(i => i.Name))}; "
            + $"got '{input.Name}'");
    }

    private static void FitInput(InferenceEngine engine, int index, InputSpec input, int batch)
    {
        var info = engine.Inputs[index];
        int channels = input.ColorOrder == ColorOrder.Gray ? 1 : 3;
        long[] wanted = input.Layout == TensorLayout.Nchw
            ? [batch, channels, input.Height, input.Width]
            : [batch, input.Height, input.Width, channels];
        bool fits = info.Shape.Length == 4 && info.Element == input.Element;
        for (int i = 0; fits && i < 4; i++)
        {
            fits = info.Shape[i] < 0 || info.Shape[i] == wanted[i];
        }

        if (!fits)
        {
            throw new ModelFormatException(
                $"the spec's input {string.Join('x', wanted)} {input.Element} must fit the graph's input {info}");
        }

        if (!engine.GetInputShape(index).SequenceEqual(wanted))
        {
            engine.Resize(index, wanted);
        }
    }

    private static float ValidateUnit(float value, string name) =>
        value is >= 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(name, $"{name} must be between 0 and 1; got {value}");
}
