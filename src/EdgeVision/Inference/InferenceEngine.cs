using System.Diagnostics;
using EdgeVision.Diagnostics;
using EdgeVision.Inference.Binding;
using EdgeVision.Inference.Cache;
using EdgeVision.Inference.Providers;
using EdgeVision.Inference.Sessions;
using EdgeVision.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace EdgeVision.Inference;

/// <summary>Network with its memory: an ONNX Runtime session whose inputs and outputs are bound once.</summary>
/// <remarks>
/// On the CPU <see cref="Run"/> allocates nothing while shapes stay the same; a device reads its inputs from pinned memory if its provider
/// supports that. Not thread-safe: use one instance per thread.
/// </remarks>
public sealed partial class InferenceEngine : IDisposable
{
    private const string GraphId = "gpu_graph_id";
    private static int _graphs;
    private readonly EngineLoader _loader;
    private readonly RunOptions _runOptions;
    private readonly TensorInfo[] _inputs;
    private readonly TensorInfo[] _outputs;
    private readonly BoundTensor[] _inputTensors;
    private readonly BoundTensor[] _outputTensors;
    private readonly EngineOutputs _outputSet;
    private readonly Dictionary<int, EngineBinding?> _smallerBatches = [];
    private EngineSession _session;
    private RunOptions? _recorded; // options of runs that are recorded as a graph
    private EngineBinding? _smaller; // active binding if a run takes fewer items than the batch size
    private int _items; // number of those items; 0 for all
    private EngineBinding? _binding;
    private IDisposableReadOnlyCollection<OrtValue>? _openOutputs;
    private bool _sizesVary;
    private bool _disposed;
    private long _runBegan, _runEnded, _copiedIn, _copiedOut;

    /// <summary>Loads a model.</summary>
    /// <exception cref="ModelFormatException">The file is not a readable ONNX model, or it refers outside its folder.</exception>
    /// <exception cref="ProviderUnavailableException">A required provider is not available or does not run the nodes, or the
    /// provider library cannot be loaded.</exception>
    /// <exception cref="ArgumentException">A provider option is unknown.</exception>
    public InferenceEngine(string path, EngineOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        _loader = new EngineLoader(path, options ?? new EngineOptions());
        _runOptions = new RunOptions(); // after the loader: otherwise it would load the packaged library
        _session = _loader.Open();
        try
        {
            DisableRecording();
            var session = _session.Session;
            _inputs = [.. session.InputNames.Select(n => Describe(n, session.InputMetadata[n]))];
            _outputs = [.. session.OutputNames.Select(n => Describe(n, session.OutputMetadata[n]))];
            _inputTensors = [.. _inputs.Select(i => new BoundTensor(i))];
            _outputTensors = [.. _outputs.Select(o => new BoundTensor(o))];
            _outputSet = new EngineOutputs(this);
            Metadata = new Dictionary<string, string>(session.ModelMetadata.CustomMetadataMap);
            for (int i = 0; i < _inputs.Length; i++)
            {
                var declared = _inputs[i].Shape;
                if (_loader.Options.InputShapes.TryGetValue(_inputs[i].Name, out var given))
                {
                    SetShape(i, given);
                }
                else if (declared.Skip(1).All(d => d > 0))
                {
                    SetShape(i, [.. declared.Select(d => d < 0 ? 1 : d)]); // The first dimension is the batch.
                }
            }

            BindOrFallBack();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    // Shares the session, with its own tensors.
    private InferenceEngine(InferenceEngine other)
    {
        ObjectDisposedException.ThrowIf(other._disposed, other);
        (_loader, Metadata, _inputs, _outputs) = (other._loader, other.Metadata, other._inputs, other._outputs);
        _session = other._session.AddReference();
        _runOptions = new RunOptions();
        try
        {
            DisableRecording();
            _inputTensors = [.. _inputs.Select(i => new BoundTensor(i))];
            _outputTensors = [.. _outputs.Select(o => new BoundTensor(o))];
            _outputSet = new EngineOutputs(this);
            for (int i = 0; i < _inputs.Length; i++)
            {
                if (other._inputTensors[i].Shape is { Length: > 0 } shape)
                {
                    SetShape(i, [.. shape]);
                }
            }

            BindOrFallBack();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Creates another engine that shares this session and has its own inputs and outputs.</summary>
    /// <remarks>
    /// The weights are in memory once. Each engine serves one thread at a time; the last one to be disposed closes the session. With CUDA
    /// graphs each engine has its own graph, and their runs are serialized.
    /// </remarks>
    public InferenceEngine CreateContext() => new(this);

    /// <summary>Occurs once for each deviation from the options, with one sentence.</summary>
    /// <remarks>
    /// A provider that failed at its first run, graphs that are not recorded. Engines that share the session share the event.
    /// </remarks>
    public event Action<string>? Warning
    {
        add => _loader.Warning += value;
        remove => _loader.Warning -= value;
    }

    /// <summary>Returns and clears the warnings that were raised during loading, before a handler was attached.</summary>
    public IReadOnlyList<string> TakeBufferedWarnings() => _loader.TakeBufferedWarnings();

    /// <summary>Gets how the cache of optimized models was used.</summary>
    public ModelCacheStatus ModelCache => _session.ModelCache;

    /// <summary>Graph inputs in order.</summary>
    public IReadOnlyList<TensorInfo> Inputs => _inputs;

    /// <summary>Graph outputs in order.</summary>
    public IReadOnlyList<TensorInfo> Outputs => _outputs;

    /// <summary>Metadata of the model by key.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Gets the providers of the session; after a failed first run those of the session that replaced it.</summary>
    public ProviderReport Providers => _session.Report;

    /// <summary>Gets whether runs are recorded as a CUDA graph and replayed.</summary>
    public bool UsesCudaGraph => _binding?.Kind == BindingKind.OnDevice;

    /// <summary>Gets whether inputs and outputs are in pinned memory, which the device copies from and to directly.</summary>
    public bool UsesPinnedMemory => _session.Memory?.HostAllocator is not null;

    /// <summary>Gets the threads of the session.</summary>
    public ThreadBudget Threads => _loader.Threads;

    /// <summary>Gets the outputs of the last <see cref="Run"/>; valid until the next run.</summary>
    public TensorSet Results => _outputSet;

    /// <summary>Returns the memory of input <paramref name="index"/>, to be written before <see cref="Run"/>.</summary>
    /// <exception cref="InvalidOperationException">The input has open dimensions; call <see cref="Resize"/> first.</exception>
    public Span<byte> GetInputBytes(int index)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _inputTensors[index].Value is null ? throw CreateOpenShapeError(_inputs[index]) : _inputTensors[index].Bytes;
    }

    /// <summary>
    /// Returns the concrete shape of input <paramref name="index"/>; empty if dimensions are open until <see cref="Resize"/>.
    /// </summary>
    public ReadOnlySpan<long> GetInputShape(int index) => _inputTensors[index].Shape;

    /// <summary>Sets the open dimensions of an input and binds again; the input's contents are lost.</summary>
    /// <exception cref="ModelFormatException">The shape does not fit the graph.</exception>
    public void Resize(int index, params ReadOnlySpan<long> shape)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        SetShape(index, shape.ToArray());
        _items = 0;
        BindOrFallBack();
    }

    /// <summary>Sets the number of items in the next runs: the first <paramref name="count"/> of the inputs' batch.</summary>
    /// <remarks>
    /// The first use of a count runs the network once more, to get the shapes of its outputs; after that nothing is allocated.
    /// </remarks>
    /// <param name="count">From 1 to the batch of the inputs' shapes.</param>
    /// <returns>Whether runs take that many items; false if the graph's batch is fixed or an output's size depends on the data,
    /// in which case they take the full batch.</returns>
    public bool TrySetBatchSize(int count)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        int room = _inputTensors.Length > 0 && _inputTensors[0].Shape.Length > 0 ? (int)_inputTensors[0].Shape[0] : 0;
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, room);
        (_smaller, _items) = (null, 0);
        if (count == room)
        {
            return true;
        }

        if (!_smallerBatches.TryGetValue(count, out _smaller))
        {
            bool open = !_sizesVary && Array.TrueForAll(_outputTensors, o => !o.HasOpenShape)
                && Array.TrueForAll(
                    _inputTensors,
                    t => t.Info.Shape.Length > 0 && t.Info.Shape[0] < 0 && t.Shape[0] == _inputTensors[0].Shape[0]);
            try
            {
                _smallerBatches[count] = _smaller = open ? BindBatch(count) : null;
            }
            catch (OnnxRuntimeException e)
            {
                throw CreateBindError(e);
            }
        }

        _items = _smaller is null ? 0 : count;
        return _smaller is not null;
    }

    /// <summary>Terminates a run on another thread, and every later run, with an error; for a process that stops.</summary>
    public void Terminate()
    {
        if (!_disposed)
        {
            _runOptions.Terminate = true;
            if (_recorded is { } recorded)
            {
                recorded.Terminate = true;
            }
        }
    }

    /// <summary>Runs the network on the current contents of the inputs.</summary>
    /// <remarks>
    /// If the first provider fails at the very first run and the policy allows others, the next provider takes over this and every later
    /// run; <see cref="Providers"/> and <see cref="Warning"/> report it.
    /// </remarks>
    /// <exception cref="EdgeVisionException">ONNX Runtime failed; the message has its reason.</exception>
    public void Run()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_binding is null)
        {
            RequireShapes();
            BindOrFallBack(); // a session that failed before may succeed now
        }

        try
        {
            RunOn(_smaller ?? _binding!);
        }
        catch (OnnxRuntimeException e) when (CanFallBack)
        {
            FallBack(e);
        }
        catch (OnnxRuntimeException e)
        {
            throw CreateRunError(e);
        }
    }

    /// <summary>Runs without bindings, to measure what they save.</summary>
    /// <remarks>ONNX Runtime allocates the outputs, copies both ways, and discards the outputs.</remarks>
    public void RunUnbound()
    {
        RequireShapes();
        var session = _session.Session;
        using var values = session.Run(
            _runOptions, session.InputNames, Array.ConvertAll(_inputTensors, t => t.Value!), session.OutputNames);
    }

    /// <summary>
    /// Gets the times of the last run for copying inputs, inference and copying outputs, in ticks of <see cref="Stopwatch"/>.
    /// </summary>
    public (long CopyIn, long Run, long CopyOut) LastRun => (_runBegan - _copiedIn, _runEnded - _runBegan, _copiedOut - _runEnded);

    /// <summary>Counts the nodes on each provider, by ONNX Runtime's names.</summary>
    /// <remarks>Runs the model once in a separate, profiled session; takes as long as loading the model again.</remarks>
    public IReadOnlyDictionary<string, int> MeasurePlacement() =>
        _loader.Native.GetPlacement(RunProfiled(1, static (json, _) => NodePlacement.Read(json)));

    /// <summary>
    /// Runs the model on the bound inputs in a session of its own that ONNX Runtime profiles, and reads its profile. The session has this
    /// one's providers, threads and options; loading takes as long as the first time.
    /// </summary>
    /// <param name="runs">Runs of the session, 1 or more.</param>
    /// <param name="read">Reads the profile (ONNX Runtime's JSON); gets the temporary folder that holds it too, which is deleted afterwards.</param>
    /// <param name="originalGraph">
    /// Runs the graph as its author wrote it, on the CPU, without fused nodes and packed weights, so that every node and its shapes are in the profile.
    /// </param>
    /// <exception cref="InvalidOperationException">An input has open dimensions; call <see cref="Resize"/> first.</exception>
    /// <exception cref="EdgeVisionException">The model fails, or its profile cannot be read.</exception>
    public T RunProfiled<T>(int runs, Func<Stream, string, T> read, bool originalGraph = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(runs, 1);
        ArgumentNullException.ThrowIfNull(read);
        ObjectDisposedException.ThrowIf(_disposed, this);
        RequireShapes();
        return EngineProfiler.Run(_loader, originalGraph ? [Provider.Cpu] : Providers.Active, Array.ConvertAll(_inputTensors, t => t.Value!), runs, read,
            originalGraph ? KeepGraph : null);
    }

    /// <summary>Path of the model file.</summary>
    public string ModelPath => _loader.Path;

    /// <summary>Returns new session options like those of this engine's session, without its execution providers. The caller disposes them.</summary>
    public SessionOptions CreateSessionOptions() => _loader.CreateOptions();

    // Fused nodes would hide what they compute; a weight that is packed for its kernel has no shape in the profile.
    private static void KeepGraph(SessionOptions options)
    {
        options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL;
        options.AddSessionConfigEntry("session.disable_prepacking", "1");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Unbind();
        foreach (var tensor in (_inputTensors ?? []).Concat(_outputTensors ?? []))
        {
            tensor.Dispose();
        }

        _runOptions.Dispose();
        _recorded?.Dispose();
        _session.Release();
    }

    private void RunOn(EngineBinding binding)
    {
        if (!_session.IsConfirmed && _session.EngineFolder is { } folder)
        {
            using var build = TensorRtCache.ReportBuild(folder, _loader.Name, _loader.Warn);
            RunBound(binding);
        }
        else
        {
            RunBound(binding);
        }
    }

    private void RunBound(EngineBinding binding)
    {
        ReleaseOpenOutputs();
        _copiedIn = Stopwatch.GetTimestamp();
        binding.CopyInputs();
        _runBegan = Stopwatch.GetTimestamp();
        try
        {
            RunSession(binding);
        }
        catch (OnnxRuntimeException e) when (!_sizesVary && e.Message.Contains("shape verification failed", StringComparison.Ordinal))
        {
            // An output's size depends on the data (non-maximum suppression in the graph): from now on the full batch runs, and
            // the output's shape is read after each run.
            _sizesVary = true;
            _items = 0;
            Bind();
            binding = _binding!;
            binding.CopyInputs();
            RunSession(binding);
        }

        _runEnded = Stopwatch.GetTimestamp();
        binding.CopyOutputs();
        CollectOpenOutputs();
        foreach (var output in binding.Outputs)
        {
            output.ConvertToFloat();
        }

        _copiedOut = Stopwatch.GetTimestamp();
        _session.IsConfirmed = true;
    }

    private void RunSession(EngineBinding binding)
    {
        _loader.Native.BeforeRun(_session.Report.Active);
        if (binding.Kind == BindingKind.OnDevice)
        {
            lock (_session.RecordingLock)
            {
                binding.Run(_session.Session, _recorded!);
            }
        }
        else
        {
            binding.Run(_session.Session, _runOptions);
        }
    }

    private EdgeVisionException CreateRunError(OnnxRuntimeException e) => new($"'{_loader.Name}' failed to run: {ErrorText.ToSingleLine(e.Message)}", e);

    private ModelFormatException CreateBindError(OnnxRuntimeException e) =>
        new($"'{_loader.Name}' failed to run with input {string.Join(", ", _inputTensors.Select(t => string.Join('x', t.Shape)))}: "
            + ErrorText.ToSingleLine(e.Message), e);

    // Opts runs out of recording in a session that records.
    private void DisableRecording()
    {
        if (_session.OpenedForGraphs)
        {
            _runOptions.AddRunConfigEntry(GraphId, "-1");
        }
    }

    private static InvalidOperationException CreateOpenShapeError(TensorInfo input) => new($"input {input} has open dimensions; call Resize first");

    private void RequireShapes()
    {
        if (Array.Find(_inputTensors, t => t.Value is null) is { } open)
        {
            throw CreateOpenShapeError(open.Info);
        }
    }

    private static TensorInfo Describe(string name, NodeMetadata node)
    {
        if (!node.IsTensor)
        {
            throw new ModelFormatException($"'{name}' is a {node.OnnxValueType}; only tensors are supported");
        }

        return new TensorInfo(name, [.. node.Dimensions.Select(d => d <= 0 ? -1L : d)], node.ElementDataType switch
        {
            TensorElementType.Float => TensorElement.Float32,
            TensorElementType.Float16 => TensorElement.Float16,
            TensorElementType.UInt8 => TensorElement.UInt8,
            TensorElementType.Int8 => TensorElement.Int8,
            TensorElementType.Int32 => TensorElement.Int32,
            TensorElementType.Int64 => TensorElement.Int64,
            TensorElementType.Bool => TensorElement.Boolean,
            var other => throw new ModelFormatException($"'{name}' has elements of type {other}, which is not supported"),
        });
    }

    private sealed class EngineOutputs(InferenceEngine engine) : TensorSet
    {
        private BoundTensor[] Tensors => engine._smaller?.Outputs ?? engine._outputTensors;

        public override int Count => Tensors.Length;

        public override string GetName(int index) => Tensors[index].Info.Name;

        public override ReadOnlySpan<long> GetShape(int index) => Tensors[index].Shape;

        public override ReadOnlySpan<float> GetData(int index) => Tensors[index].Floats;
    }
}
