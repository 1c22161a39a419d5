using System.Diagnostics;

namespace EdgeVision;

/// <summary>
/// A model with its meaning: frames in, results out. Preprocessing, the network and decoding share this object's memory,
/// so one instance serves one thread at a time, and a steady stream of frames allocates nothing.
/// </summary>
public sealed class VisionModel : IWork, IDisposable
{
    private readonly Preprocessor _preprocessor;
    private readonly OutputDecoder[] _decoders;
    private readonly WorkTeam _team;
    private readonly Worker[] _workers; // of a batch; the first is this model's own
    private readonly Frame?[] _frames;
    private readonly Box?[] _crops;
    private readonly VisionResult?[] _results;
    private int _parts, _items;
    private bool _decoding;
    private readonly bool _findsBoxes;
    private readonly FrameTransform[] _transforms;
    private readonly int _input;
    private readonly int _imageBytes;

    private readonly string _path;
    private readonly RuntimeOptions _loaded;
    private readonly Lock _runs; // shared with twins: they prepare and decode side by side, and run one after the other
    private readonly RunThread.Job _job;
    private volatile RunThread? _runThread;
    private long _started, _preprocessed, _began, _ran, _ended;

    private VisionModel(string path, InferenceEngine engine, RuntimeOptions options, Lock? runs = null)
    {
        (Engine, _path, _loaded, _runs) = (engine, path, options, runs ?? new Lock());
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
        _imageBytes = Preprocessor.ByteCount(Spec.Input);
        int threads = Math.Clamp(engine.Threads.Pixels, 1, 64);
        _preprocessor = new Preprocessor(Spec.Input, threads);
        var thresholds = Spec.Thresholds;
        Options = new DecoderOptions(
            Checked(options.Confidence ?? thresholds.Confidence, "confidence"),
            Checked(options.Iou ?? thresholds.Iou, "IoU"),
            options.MaxDetections is < 1 ? throw new ArgumentOutOfRangeException(nameof(options), "MaxDetections is at least 1") : options.MaxDetections ?? thresholds.MaxDetections,
            options.ClassAgnostic ?? thresholds.ClassAgnostic) { Threads = threads };
        _decoders = [.. Spec.Outputs.Select(o => DecoderFactory.Create(Spec, o, engine.Outputs, Options))];
        _findsBoxes = Gives(ResultPart.Detections);
        for (int i = 0; i < _decoders.Length; i++)
        {
            int other = Array.FindIndex(_decoders, d => d.Fills == _decoders[i].Fills);
            if (other < i)
            {
                throw new SpecException($"outputs[{other}] ({Spec.Outputs[other].Decoder}) and outputs[{i}] ({Spec.Outputs[i].Decoder}) would both fill the {_decoders[i].Fills.ToString().ToLowerInvariant()} of a result; a model has one head for each part");
            }
        }

        _frames = new Frame?[options.BatchSize];
        _crops = new Box?[options.BatchSize];
        _results = new VisionResult?[options.BatchSize];
        _team = new WorkTeam(Math.Min(threads, options.BatchSize));
        _workers = new Worker[_team.Size];
        _workers[0] = new Worker(_preprocessor, _decoders);
        for (int i = 1; i < _workers.Length; i++)
        {
            // A share of a batch each, so that one thread is enough for its pictures and masks.
            _workers[i] = new Worker(new Preprocessor(Spec.Input), [.. Spec.Outputs.Select(o => DecoderFactory.Create(Spec, o, engine.Outputs, Options with { Threads = 1 }))]);
        }
    }

    /// <summary>Model's name: the spec's, or the file's.</summary>
    public string Name { get; }

    /// <summary>How frames become input and outputs become results.</summary>
    public ModelSpec Spec { get; }

    /// <summary>Where the spec was found, for people.</summary>
    public string SpecSource { get; }

    /// <summary>Thresholds in force.</summary>
    public DecoderOptions Options { get; }

    /// <summary>The network.</summary>
    public InferenceEngine Engine { get; }

    /// <summary>Whether a head finds boxes.</summary>
    public bool FindsBoxes => _findsBoxes;

    /// <summary>Whether a head gives an embedding.</summary>
    public bool GivesEmbedding => Gives(ResultPart.Embedding);

    /// <summary>Most frames a run of the network.</summary>
    public int BatchSize => _transforms.Length;

    /// <summary>Loads a model with its spec.</summary>
    /// <exception cref="ModelFormatException">The file is no readable model, or it does not fit its spec.</exception>
    /// <exception cref="SpecException">The spec has a missing or impossible field.</exception>
    /// <exception cref="ProviderUnavailableException">A required provider cannot be had.</exception>
    public static VisionModel Load(string path, RuntimeOptions? options = null) => LoadOn(null, path, options ?? new RuntimeOptions());

    internal static VisionModel LoadOn(INativeProviders? native, string path, RuntimeOptions options)
    {
        var engine = new InferenceEngine(path, new EngineOptions
        {
            Providers = options.Providers,
            ProviderOptions = options.ProviderOptions,
            ProviderLibrary = options.ProviderLibrary,
            Notice = options.Notice,
            Threads = options.Threads,
            OptimizeGraph = options.OptimizeGraph,
            CacheFolder = options.CacheFolder,
            Native = native,
            // A dynamic size is fixed by the spec, which is known only once the graph is: see FitInput.
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

    /// <summary>Runs the model on a frame. Fresh memory for the result; for a stream use the overload that takes one.</summary>
    public VisionResult Run(Frame frame)
    {
        var result = new VisionResult();
        Run(frame, result);
        return result;
    }

    /// <summary>Runs the model on a frame, or on a part of it, and fills <paramref name="result"/>.</summary>
    /// <param name="frame">Source pixels.</param>
    /// <param name="result">Emptied and filled; keep it for the next frame.</param>
    /// <param name="crop">Part of the frame in pixels; results are in pixels of the whole frame all the same.</param>
    /// <exception cref="InvalidOutputException">The network put out NaN or infinity.</exception>
    /// <exception cref="EdgeVisionException">ONNX Runtime failed.</exception>
    public void Run(Frame frame, VisionResult result, in Box? crop = null)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(result);
        result.Clear();
        _started = Stopwatch.GetTimestamp();
        _transforms[0] = _preprocessor.Process(frame, Engine.InputBytes(_input)[.._imageBytes], crop);
        _preprocessed = Stopwatch.GetTimestamp();
        Infer(1);
        Decode(_decoders, 0, frame, result);
        result.Timing = Timing(1);
    }

    /// <summary>
    /// Runs the model once on several frames; each result's timing is its share of the whole. Where the graph's batch is open the network works
    /// on just so many.
    /// </summary>
    /// <param name="frames">1 to <see cref="BatchSize"/> frames.</param>
    /// <param name="results">As many results, emptied and filled.</param>
    /// <param name="crops">A part of each frame in pixels, or none; results are in pixels of the whole frames all the same.</param>
    /// <exception cref="InvalidOutputException">The network put out NaN or infinity.</exception>
    /// <exception cref="EdgeVisionException">ONNX Runtime failed.</exception>
    public void RunBatch(ReadOnlySpan<Frame> frames, ReadOnlySpan<VisionResult> results, ReadOnlySpan<Box> crops = default)
    {
        if (frames.Length < 1 || frames.Length > BatchSize || results.Length != frames.Length || crops.Length != 0 && crops.Length != frames.Length)
        {
            throw new ArgumentException($"give 1 to {BatchSize} frames and as many results and crops", nameof(frames));
        }

        _started = Stopwatch.GetTimestamp();
        for (int i = 0; i < frames.Length; i++)
        {
            results[i].Clear();
            (_frames[i], _results[i], _crops[i]) = (frames[i], results[i], crops.Length == 0 ? null : crops[i]);
        }

        try
        {
            (_items, _parts, _decoding) = (frames.Length, Math.Min(_workers.Length, frames.Length), false);
            _team.Run(this, _parts);
            _preprocessed = Stopwatch.GetTimestamp();
            Infer(frames.Length);
            _decoding = true;
            _team.Run(this, _parts);
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

    /// <summary>
    /// The same model for another thread: it shares the network with this one and has memory of its own. Their runs of the network follow one
    /// another, so that one prepares and decodes while the other runs. Each is disposed on its own.
    /// </summary>
    public VisionModel Twin()
    {
        var engine = Engine.Twin();
        try
        {
            return new VisionModel(_path, engine, _loaded, _runs);
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <summary>Lets the network run on a thread of its own, which twins share; null: on the caller's.</summary>
    internal void RunOn(RunThread? thread) => _runThread = thread;

    /// <inheritdoc/>
    public void Dispose() => Engine.Dispose();

    void IWork.Do(int part)
    {
        var worker = _workers[part];
        for (int i = part; i < _items; i += _parts)
        {
            if (_decoding)
            {
                Decode(worker.Decoders, i, _frames[i]!, _results[i]!);
            }
            else
            {
                _transforms[i] = worker.Preprocessor.Process(_frames[i]!, Engine.InputBytes(_input).Slice(i * _imageBytes, _imageBytes), _crops[i]);
            }
        }
    }

    /// <summary>Whether a head fills this part of a result.</summary>
    public bool Gives(ResultPart part) => Array.Exists(_decoders, d => d.Fills == part);

    /// <summary>Decoder of the first head that does not look for boxes; null where all do. Top-down poses are told of a figure and find none.</summary>
    internal string? HeadBesidesBoxes()
    {
        for (int i = 0; i < _decoders.Length; i++)
        {
            if (_decoders[i].Fills != ResultPart.Detections || _decoders[i] is HeatmapDecoder or SimccDecoder)
            {
                return Spec.Outputs[i].Decoder;
            }
        }

        return null;
    }

    // Notes when the run began and ended: a wait for a twin's is nobody's.
    private void Infer(int items)
    {
        if (BatchSize > 1)
        {
            Engine.UseBatch(items);
        }

        if (_runThread is { } thread)
        {
            thread.Do(_job);
            return;
        }

        RunNow();
    }

    private void RunNow()
    {
        lock (_runs)
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

    /// <summary>Times of the stages of the last run, all its frames together.</summary>
    public StageTimes LastStages
    {
        get
        {
            var (copyIn, run, copyOut) = Engine.LastRun;
            return new StageTimes(Nanoseconds(_preprocessed - _started), Nanoseconds(copyIn), Nanoseconds(run), Nanoseconds(copyOut), Nanoseconds(_ended - _ran));
        }
    }

    internal static long Nanoseconds(long ticks) => Stopwatch.Frequency == 1_000_000_000 ? ticks : (long)(ticks * (1e9 / Stopwatch.Frequency));

    private void Decode(OutputDecoder[] decoders, int item, Frame frame, VisionResult result)
    {
        result.FrameWidth = frame.Width;
        result.FrameHeight = frame.Height;
        result.Transform = _transforms[item];
        result.HasDetections = _findsBoxes;
        result.Detections.Skeleton = Spec.Skeleton ?? [];
        for (int i = 0; i < decoders.Length; i++)
        {
            decoders[i].Name(result, Spec.Outputs[i].Labels ?? Spec.Labels);
            decoders[i].Decode(Engine.Results, item, _transforms[item], result);
        }
    }

    private readonly record struct Worker(Preprocessor Preprocessor, OutputDecoder[] Decoders);

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

        throw new SpecException($"input.name is '{input.Name}'; the graph has {string.Join(", ", engine.Inputs.Select(i => i.Name))}");
    }

    private static void FitInput(InferenceEngine engine, int index, InputSpec input, int batch)
    {
        var info = engine.Inputs[index];
        int channels = input.ColorOrder == ColorOrder.Gray ? 1 : 3;
        long[] wanted = input.Layout == TensorLayout.Nchw ? [batch, channels, input.Height, input.Width] : [batch, input.Height, input.Width, channels];
        bool fits = info.Shape.Length == 4 && info.Element == input.Element;
        for (int i = 0; fits && i < 4; i++)
        {
            fits = info.Shape[i] < 0 || info.Shape[i] == wanted[i];
        }

        if (!fits)
        {
            throw new ModelFormatException($"the spec's input is {string.Join('x', wanted)} {input.Element}; the graph's is {info}");
        }

        if (!engine.InputShape(index).SequenceEqual(wanted))
        {
            engine.Resize(index, wanted);
        }
    }

    private static float Checked(float value, string name) =>
        value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(name, $"{name} lies in 0..1; {value} does not");
}
