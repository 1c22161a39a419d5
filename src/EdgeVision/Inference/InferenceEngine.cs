using System.Diagnostics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace EdgeVision;

/// <summary>How a model is loaded.</summary>
public sealed record EngineOptions
{
    /// <summary>Providers that may run the model.</summary>
    public ProviderPolicy Providers { get; init; } = ProviderPolicy.Auto;

    /// <summary>
    /// Options by ONNX Runtime's names: <c>device_id</c> goes to every provider but the CPU, <c>cuda.device_id</c> to that one,
    /// <c>session.…</c> into the session's configuration.
    /// </summary>
    public IReadOnlyDictionary<string, string> ProviderOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>Threads; the process's default where absent.</summary>
    public ThreadBudget? Threads { get; init; }

    /// <summary>Concrete shapes of inputs by name, where the graph leaves dimensions open.</summary>
    public IReadOnlyDictionary<string, long[]> InputShapes { get; init; } = new Dictionary<string, long[]>();

    /// <summary>Whether ONNX Runtime may rewrite the graph; off to look for faults in it.</summary>
    public bool OptimizeGraph { get; init; } = true;

    /// <summary>Folder that keeps graphs as ONNX Runtime rewrote them, for models that run on the CPU; none by default.</summary>
    public string? CacheFolder { get; init; }

    internal INativeProviders Native { get; init; } = OrtProviders.Instance;
}

/// <summary>
/// A network and its memory: an ONNX Runtime session whose inputs and outputs are bound once. <see cref="Run"/> allocates
/// nothing while shapes stay. One instance serves one thread at a time.
/// </summary>
public sealed unsafe class InferenceEngine : IDisposable
{
    private readonly string _path;
    private readonly string? _cacheFolder;
    private readonly EngineOptions _options;
    private readonly InferenceSession _session;
    private readonly SessionShare _share;
    private readonly RunOptions _runOptions;
    private readonly TensorInfo[] _inputs;
    private readonly TensorInfo[] _outputs;
    private readonly BoundTensor[] _inputTensors;
    private readonly BoundTensor[] _outputTensors;
    private readonly EngineOutputs _outputSet;
    private readonly Dictionary<int, BatchBinding?> _smallerBatches = [];
    private BatchBinding? _smaller; // the binding in force where a run takes fewer items than there is room for
    private OrtIoBinding? _binding;
    private IDisposableReadOnlyCollection<OrtValue>? _openOutputs;
    private bool _sizesVary;
    private bool _placed;
    private bool _disposed;
    private long _runBegan, _runEnded, _copiedIn, _copiedOut;

    /// <summary>Loads a model.</summary>
    /// <exception cref="ModelFormatException">The file is no readable ONNX model, or it reaches outside its folder.</exception>
    /// <exception cref="ProviderUnavailableException">A required provider cannot be had, or does not take the nodes.</exception>
    public InferenceEngine(string path, EngineOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        _path = path;
        _options = options ?? new EngineOptions();
        bool cacheable = !OnnxFile.Check(path) && _options.OptimizeGraph;
        _cacheFolder = cacheable ? _options.CacheFolder : null;
        ModelCache = _options.CacheFolder is null ? ModelCacheUse.Off : ModelCacheUse.NotPossible;
        OrtLibrary.EnsureLoaded();
        _runOptions = new RunOptions(); // not before: it would load the library that comes with the package
        Threads = (_options.Threads ?? ThreadBudget.Default) is var budget && _options.Threads is null && ThreadBudget.LiveSessions > 0
            ? budget with { Spin = false }
            : budget;
        (_session, Providers) = ProviderSelection.Open(_options.Providers, _options.Native.Available, Open);
        _share = new SessionShare(_session);
        try
        {
            _inputs = [.. _session.InputNames.Select(n => Describe(n, _session.InputMetadata[n]))];
            _outputs = [.. _session.OutputNames.Select(n => Describe(n, _session.OutputMetadata[n]))];
            _inputTensors = [.. _inputs.Select(i => new BoundTensor(i))];
            _outputTensors = [.. _outputs.Select(o => new BoundTensor(o))];
            _outputSet = new EngineOutputs(this);
            Metadata = new Dictionary<string, string>(_session.ModelMetadata.CustomMetadataMap);
            for (int i = 0; i < _inputs.Length; i++)
            {
                var declared = _inputs[i].Shape;
                if (_options.InputShapes.TryGetValue(_inputs[i].Name, out var given))
                {
                    SetShape(i, given);
                }
                else if (declared.Skip(1).All(d => d > 0))
                {
                    SetShape(i, [.. declared.Select(d => d < 0 ? 1 : d)]); // The first dimension is the batch.
                }
            }

            Bind();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    // The same session with tensors of its own.
    private InferenceEngine(InferenceEngine of)
    {
        ObjectDisposedException.ThrowIf(of._disposed, of);
        (_path, _options, Threads, Providers, ModelCache, Metadata) = (of._path, of._options, of.Threads, of.Providers, of.ModelCache, of.Metadata);
        (_inputs, _outputs, _session, _placed) = (of._inputs, of._outputs, of._session, true);
        _share = of._share.Add();
        _runOptions = new RunOptions();
        try
        {
            _inputTensors = [.. _inputs.Select(i => new BoundTensor(i))];
            _outputTensors = [.. _outputs.Select(o => new BoundTensor(o))];
            _outputSet = new EngineOutputs(this);
            for (int i = 0; i < _inputs.Length; i++)
            {
                if (of._inputTensors[i].Shape is { Length: > 0 } shape)
                {
                    SetShape(i, [.. shape]);
                }
            }

            Bind();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// Another engine over the same session, with inputs and outputs of its own: the weights are in memory once. Each serves one thread at a time;
    /// the session closes with the last of them.
    /// </summary>
    public InferenceEngine Twin() => new(this);

    /// <summary>What became of the cache of optimized models.</summary>
    public ModelCacheUse ModelCache { get; private set; }

    /// <summary>Graph inputs in order.</summary>
    public IReadOnlyList<TensorInfo> Inputs => _inputs;

    /// <summary>Graph outputs in order.</summary>
    public IReadOnlyList<TensorInfo> Outputs => _outputs;

    /// <summary>Metadata of the model by key.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Which providers the session has.</summary>
    public ProviderReport Providers { get; }

    /// <summary>Threads the session was given.</summary>
    public ThreadBudget Threads { get; }

    /// <summary>Outputs of the last <see cref="Run"/>; valid until the next.</summary>
    public TensorSet Results => _outputSet;

    /// <summary>Memory of input <paramref name="index"/>, to be written before <see cref="Run"/>.</summary>
    /// <exception cref="InvalidOperationException">The input has open dimensions; call <see cref="Resize"/> first.</exception>
    public Span<byte> InputBytes(int index)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _inputTensors[index].Value is null ? throw Open(_inputs[index]) : _inputTensors[index].Bytes;
    }

    /// <summary>Concrete shape of input <paramref name="index"/>; empty while open dimensions wait for <see cref="Resize"/>.</summary>
    public ReadOnlySpan<long> InputShape(int index) => _inputTensors[index].Shape;

    /// <summary>Gives open dimensions of an input a new size and binds anew; the input's contents are lost.</summary>
    /// <exception cref="ModelFormatException">The shape does not fit the graph's.</exception>
    public void Resize(int index, params ReadOnlySpan<long> shape)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        SetShape(index, shape.ToArray());
        Bind();
    }

    /// <summary>
    /// Lets the next runs take only the first <paramref name="count"/> items of the batch that the inputs have room for. The first time a count
    /// is used the network runs once more, to learn the shapes of its outputs; after that nothing is allocated.
    /// </summary>
    /// <param name="count">From 1 to the batch of the inputs' shapes.</param>
    /// <returns>Whether runs take that many; false where the graph's batch is fixed or an output's size depends on the data: they take the whole batch then.</returns>
    public bool UseBatch(int count)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        int room = _inputTensors.Length > 0 && _inputTensors[0].Shape.Length > 0 ? (int)_inputTensors[0].Shape[0] : 0;
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, room);
        _smaller = null;
        if (count == room)
        {
            return true;
        }

        if (!_smallerBatches.TryGetValue(count, out _smaller))
        {
            bool open = !_sizesVary && Array.TrueForAll(_outputTensors, o => !o.Open)
                && Array.TrueForAll(_inputTensors, t => t.Info.Shape.Length > 0 && t.Info.Shape[0] < 0 && t.Shape[0] == _inputTensors[0].Shape[0]);
            _smallerBatches[count] = _smaller = open ? BindBatch(count) : null;
        }

        return _smaller is not null;
    }

    /// <summary>Makes a run that goes on in another thread give up soon with an error, and every later one; for a process that stops.</summary>
    public void Terminate()
    {
        if (!_disposed)
        {
            _runOptions.Terminate = true;
        }
    }

    /// <summary>Runs the network on what lies in the inputs.</summary>
    /// <exception cref="EdgeVisionException">ONNX Runtime failed; the message says where.</exception>
    public void Run()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_smaller is not null)
        {
            RunSmaller(_smaller);
            return;
        }

        if (_binding is null)
        {
            throw Open(_inputs[Array.FindIndex(_inputTensors, t => t.Value is null)]);
        }

        bool onDevice = Providers.Active[0] != Provider.Cpu;
        try
        {
            ReleaseOpenOutputs();
            _copiedIn = Stopwatch.GetTimestamp();
            if (onDevice)
            {
                _binding.SynchronizeBoundInputs();
            }

            _runBegan = Stopwatch.GetTimestamp();
            try
            {
                _session.RunWithBinding(_runOptions, _binding);
            }
            catch (OnnxRuntimeException e) when (!_sizesVary && e.Message.Contains("shape verification failed", StringComparison.Ordinal))
            {
                // An output's size depends on the data (a suppression in the graph): from here on it is read after each run.
                _sizesVary = true;
                Bind(); // forgets smaller batches too
                _session.RunWithBinding(_runOptions, _binding);
            }
        }
        catch (OnnxRuntimeException e)
        {
            throw RunError(e);
        }

        _runEnded = Stopwatch.GetTimestamp();
        if (onDevice)
        {
            _binding.SynchronizeBoundOutputs();
        }

        CollectOpenOutputs();
        foreach (var output in _outputTensors)
        {
            output.Widen();
        }

        _copiedOut = Stopwatch.GetTimestamp();
    }

    /// <summary>How long the last run took to hand over its inputs, in the network, and to take its outputs, in ticks of <see cref="Stopwatch"/>.</summary>
    internal (long CopyIn, long Run, long CopyOut) LastRun => (_runBegan - _copiedIn, _runEnded - _runBegan, _copiedOut - _runEnded);

    /// <summary>
    /// Nodes on each provider, by ONNX Runtime's names, found by running the model once in a session that is profiled.
    /// Takes as long as loading the model again.
    /// </summary>
    public IReadOnlyDictionary<string, int> MeasurePlacement() => Profiled(Providers.Active, 1, (json, _) => OperatorProfileBuilder.Read(json, 0, 1, default).Placement);

    /// <summary>
    /// Where the network's time goes, by operator and node: runs on what lies in the inputs, in a session of its own that has this one's providers,
    /// threads and options and is profiled. Takes the time of loading the model again and of the runs; a run of two hundred nodes needs about
    /// 200 KB in the system's folder for temporary files until it is read.
    /// </summary>
    /// <param name="runs">Runs that count, 1 or more.</param>
    /// <param name="warmup">Runs before them.</param>
    /// <exception cref="InvalidOperationException">An input has open dimensions; call <see cref="Resize"/> first.</exception>
    /// <exception cref="EdgeVisionException">The model fails, or its profile cannot be read.</exception>
    public OperatorProfile ProfileOperators(int runs, int warmup = 5)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(runs, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(warmup);
        return Profiled(Providers.Active, warmup + runs, (json, folder) => OperatorProfileBuilder.Read(json, warmup, runs, ProfilingCost.Measure(SessionOptions, folder)));
    }

    /// <summary>
    /// Multiply-accumulates of a run on what lies in the inputs, and the weights: counted from the shapes that the nodes of the graph have, as its author wrote it,
    /// while it runs once on the CPU.
    /// </summary>
    /// <exception cref="InvalidOperationException">An input has open dimensions; call <see cref="Resize"/> first.</exception>
    /// <exception cref="EdgeVisionException">The model fails, or its profile cannot be read.</exception>
    public GraphCost MeasureCost()
    {
        return Profiled([Provider.Cpu], 1, (json, _) => GraphCost.Read(json, _path), options =>
        {
            // Fused nodes would hide what they compute; a weight that is packed for its kernel has no shape in the profile.
            options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL;
            options.AddSessionConfigEntry("session.disable_prepacking", "1");
        });
    }

    private T Profiled<T>(IReadOnlyList<Provider> providers, int runs, Func<Stream, string, T> read, Action<SessionOptions>? adapt = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (Array.Find(_inputTensors, t => t.Value is null) is { } open)
        {
            throw Open(open.Info);
        }

        string folder = Directory.CreateTempSubdirectory("edgevision-profile-").FullName;
        try
        {
            using var options = SessionOptions();
            adapt?.Invoke(options);
            ProviderSelection.Append(_options.Native, options, providers, _options.ProviderOptions);
            options.ProfileOutputPathPrefix = Path.Combine(folder, "run");
            options.EnableProfiling = true;
            using var session = new InferenceSession(_path, options);
            using var runOptions = new RunOptions();
            OrtValue[] inputs = [.. _inputTensors.Select(t => t.Value!)];
            for (int i = 0; i < runs; i++)
            {
                session.Run(runOptions, session.InputNames, inputs, session.OutputNames).Dispose();
            }

            using var json = File.OpenRead(session.EndProfiling());
            return read(json, folder);
        }
        catch (Exception e) when (e is OnnxRuntimeException or ProviderFailedException or JsonException or IOException or UnauthorizedAccessException)
        {
            throw new EdgeVisionException($"'{_path}' cannot be profiled: {OneLine.Of(e.Message)}", e);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _openOutputs?.Dispose();
        _binding?.Dispose();
        ForgetSmallerBatches();
        foreach (var tensor in (_inputTensors ?? []).Concat(_outputTensors ?? []))
        {
            tensor.Dispose();
        }

        _runOptions.Dispose();
        _share?.Release();
    }

    private SessionOptions SessionOptions()
    {
        var options = new SessionOptions
        {
            IntraOpNumThreads = Threads.Inference,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = _options.OptimizeGraph ? GraphOptimizationLevel.ORT_ENABLE_ALL : GraphOptimizationLevel.ORT_DISABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", Threads.Spin ? "1" : "0");
        options.AddSessionConfigEntry("session.force_spinning_stop", "1"); // between runs the cores belong to others
        foreach (var (key, value) in _options.ProviderOptions)
        {
            if (key.StartsWith("session.", StringComparison.Ordinal))
            {
                options.AddSessionConfigEntry(key, value);
            }
        }

        return options;
    }

    private static InvalidOperationException Open(TensorInfo input) => new($"input {input} has open dimensions; call Resize first");

    private InferenceSession Open(IReadOnlyList<Provider> providers)
    {
        if (_cacheFolder is not null && providers is [Provider.Cpu])
        {
            try
            {
                string settings = "cpu|" + string.Join('|', _options.ProviderOptions.Where(o => o.Key.StartsWith("session.", StringComparison.Ordinal)).OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key}={o.Value}"));
                (var session, ModelCache) = OptimizedModelCache.Open(_cacheFolder, _path, settings, SessionOptions);
                return session;
            }
            catch (OnnxRuntimeException e)
            {
                throw LoadError(e);
            }
        }

        using var options = SessionOptions();
        ProviderSelection.Append(_options.Native, options, providers, _options.ProviderOptions);
        try
        {
            return new InferenceSession(_path, options);
        }
        catch (OnnxRuntimeException e) when (providers[0] != Provider.Cpu && !_options.Providers.Required)
        {
            // Whether the provider is at fault or the model shows when the next one tries.
            throw new ProviderFailedException(providers[0], e);
        }
        catch (OnnxRuntimeException e) when (providers[0] != Provider.Cpu && !OpensOnCpu())
        {
            throw LoadError(e);
        }
        catch (OnnxRuntimeException e) when (providers[0] != Provider.Cpu)
        {
            throw new ProviderFailedException(providers[0], e);
        }
        catch (OnnxRuntimeException e)
        {
            throw LoadError(e);
        }
    }

    private bool OpensOnCpu()
    {
        try
        {
            using var options = SessionOptions();
            using var session = new InferenceSession(_path, options);
            return true;
        }
        catch (OnnxRuntimeException)
        {
            return false;
        }
    }

    private ModelFormatException LoadError(OnnxRuntimeException e) =>
        new($"'{_path}' cannot be loaded, it may be damaged or truncated, or need a newer ONNX Runtime: {OneLine.Of(e.Message)}", e);

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

    private void SetShape(int index, long[] shape)
    {
        var info = _inputs[index];
        bool fits = shape.Length == info.Shape.Length;
        for (int i = 0; fits && i < shape.Length; i++)
        {
            fits = shape[i] > 0 && (info.Shape[i] < 0 || info.Shape[i] == shape[i]);
        }

        if (!fits)
        {
            throw new ModelFormatException($"input {info} does not take the shape {string.Join('x', shape)}");
        }

        _inputTensors[index].Allocate(shape);
    }

    // Outputs get memory of their own; where a size depends on the data, ONNX Runtime allocates on each run. Waits while
    // an input's dimensions are open.
    private void Bind()
    {
        _openOutputs?.Dispose();
        _openOutputs = null;
        _binding?.Dispose();
        _binding = null;
        ForgetSmallerBatches();
        if (Array.Exists(_inputTensors, t => t.Value is null))
        {
            return;
        }

        _binding = _session.CreateIoBinding();
        foreach (var input in _inputTensors)
        {
            _binding.BindInput(input.Info.Name, input.Value!);
        }

        // Most open dimensions are fixed once the inputs are: one run tells the shapes. Where a run then differs, Run sees it.
        bool open = !_sizesVary && _outputs.Any(o => Array.Exists(o.Shape, d => d < 0));
        long[][]? shapes = open ? ProbeShapes(_inputTensors) : null;
        for (int i = 0; i < _outputTensors.Length; i++)
        {
            long[] shape = shapes?[i] ?? _outputs[i].Shape;
            _outputTensors[i].Open = _sizesVary || Array.Exists(shape, d => d <= 0);
            if (_outputTensors[i].Open)
            {
                _binding.BindOutputToDevice(_outputs[i].Name, OrtMemoryInfo.DefaultInstance);
            }
            else
            {
                _outputTensors[i].Allocate(shape);
                _binding.BindOutput(_outputs[i].Name, _outputTensors[i].Value!);
            }
        }

        if (_options.Providers.Required && !_placed)
        {
            _placed = true;
            RequirePlacement();
        }
    }

    // The first items of the tensors that are there already, under a shape of their own.
    private BatchBinding BindBatch(int count)
    {
        var inputs = Array.ConvertAll(_inputTensors, t => t.First([count, .. t.Shape[1..]]));
        var outputs = new BoundTensor[_outputTensors.Length];
        var binding = _session.CreateIoBinding();
        try
        {
            var shapes = ProbeShapes(inputs);
            for (int i = 0; i < inputs.Length; i++)
            {
                binding.BindInput(inputs[i].Info.Name, inputs[i].Value!);
            }

            for (int i = 0; i < outputs.Length; i++)
            {
                outputs[i] = _outputTensors[i].First(shapes[i]);
                binding.BindOutput(outputs[i].Info.Name, outputs[i].Value!);
            }

            return new BatchBinding(binding, inputs, outputs);
        }
        catch
        {
            new BatchBinding(binding, inputs, [.. outputs.Where(o => o is not null)]).Dispose();
            throw;
        }
    }

    private void RunSmaller(BatchBinding batch)
    {
        _copiedIn = _runBegan = Stopwatch.GetTimestamp();
        try
        {
            _session.RunWithBinding(_runOptions, batch.Binding);
        }
        catch (OnnxRuntimeException e) when (e.Message.Contains("shape verification failed", StringComparison.Ordinal))
        {
            // An output's size depends on the data: the whole batch runs from here on, and outputs are read after each run.
            _sizesVary = true;
            Bind();
            Run();
            return;
        }
        catch (OnnxRuntimeException e)
        {
            throw RunError(e);
        }

        _runEnded = Stopwatch.GetTimestamp();
        if (Providers.Active[0] != Provider.Cpu)
        {
            batch.Binding.SynchronizeBoundOutputs();
        }

        foreach (var output in batch.Outputs)
        {
            output.Widen();
        }

        _copiedOut = Stopwatch.GetTimestamp();
    }

    private EdgeVisionException RunError(OnnxRuntimeException e) => new($"'{Path.GetFileName(_path)}' failed while it ran: {OneLine.Of(e.Message)}", e);

    private void ForgetSmallerBatches()
    {
        foreach (var batch in _smallerBatches.Values)
        {
            batch?.Dispose();
        }

        _smallerBatches.Clear();
        _smaller = null;
    }

    private long[][] ProbeShapes(BoundTensor[] inputs)
    {
        try
        {
            using var values = _session.Run(_runOptions, _session.InputNames, [.. inputs.Select(t => t.Value!)], _session.OutputNames);
            return [.. values.Select(v => v.GetTensorTypeAndShape().Shape)];
        }
        catch (OnnxRuntimeException e)
        {
            throw new ModelFormatException($"'{Path.GetFileName(_path)}' does not run at input {string.Join(", ", inputs.Select(t => string.Join('x', t.Shape)))}: {OneLine.Of(e.Message)}", e);
        }
    }

    // A binding keeps what a run put out and would hold the next run to that size.
    private void ReleaseOpenOutputs()
    {
        if (_openOutputs is null)
        {
            return;
        }

        _openOutputs.Dispose();
        _openOutputs = null;
        foreach (var output in _outputTensors)
        {
            if (output.Open)
            {
                _binding!.BindOutputToDevice(output.Info.Name, OrtMemoryInfo.DefaultInstance);
            }
        }
    }

    private void CollectOpenOutputs()
    {
        bool any = false;
        foreach (var output in _outputTensors)
        {
            any |= output.Open;
        }

        if (!any)
        {
            return;
        }

        _openOutputs?.Dispose();
        _openOutputs = _binding!.GetOutputValues();
        for (int i = 0; i < _outputTensors.Length; i++)
        {
            if (_outputTensors[i].Open)
            {
                var value = _openOutputs.ElementAt(i);
                _outputTensors[i].Take(value);
            }
        }
    }

    private void RequirePlacement()
    {
        var wanted = _options.Providers.Providers;
        if (wanted[0] == Provider.Cpu && Providers.Active.Count == 1)
        {
            return;
        }

        var placement = MeasurePlacement();
        int elsewhere = placement.Where(p => !wanted.Any(w => w.OrtName() == p.Key)).Sum(p => p.Value);
        if (elsewhere > 0 || !placement.ContainsKey(wanted[0].OrtName()))
        {
            throw new ProviderUnavailableException(
                $"{wanted[0].Name()} was required, but nodes of '{_path}' run elsewhere ({string.Join(", ", placement.Select(p => $"{p.Key}: {p.Value}"))}); let the CPU have the rest by requiring {wanted[0].Name()} and cpu, or prefer {wanted[0].Name()} instead");
        }
    }

    /// <summary>A tensor in memory of its own that ONNX Runtime reads or writes in place, and its values as float32.</summary>
    private sealed class BoundTensor(TensorInfo info) : IDisposable
    {
        private const int Alignment = 64;
        private void* _memory;
        private bool _borrowed;
        private int _bytes;
        private float[] _wide = [];
        private int _count;
        private void* _data;

        public TensorInfo Info { get; } = info;

        public OrtValue? Value { get; private set; }

        public long[] Shape { get; private set; } = [];

        public bool Open { get; set; }

        public Span<byte> Bytes => new(_memory, _bytes);

        public ReadOnlySpan<float> Floats => Info.Element == TensorElement.Float32 ? new ReadOnlySpan<float>(_data, _count) : _wide.AsSpan(0, _count);

        private int ElementSize => Info.Element switch
        {
            TensorElement.Float32 or TensorElement.Int32 => 4,
            TensorElement.Float16 => 2,
            TensorElement.Int64 => 8,
            _ => 1,
        };

        /// <summary>The first items of this tensor's memory under another shape; this tensor must outlive it.</summary>
        public BoundTensor First(long[] shape)
        {
            var (count, bytes) = Measure(shape);
            if (bytes > _bytes)
            {
                throw new ModelFormatException($"'{Info.Name}' becomes larger as the batch becomes smaller: {string.Join('x', shape)}");
            }

            var first = new BoundTensor(Info) { _memory = _memory, _borrowed = true };
            first.Bind(shape, count, bytes);
            return first;
        }

        public void Allocate(long[] shape)
        {
            var (count, bytes) = Measure(shape);
            Dispose();
            _memory = NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
            NativeMemory.Clear(_memory, (nuint)bytes);
            Bind(shape, count, bytes);
        }

        private (int Count, int Bytes) Measure(long[] shape)
        {
            long count = 1;
            foreach (long d in shape)
            {
                count = d > 0 && count <= int.MaxValue / d ? count * d : throw new ModelFormatException($"'{Info.Name}' of {string.Join('x', shape)} is too large");
            }

            long bytes = count * ElementSize;
            return bytes <= int.MaxValue
                ? ((int)count, (int)bytes)
                : throw new ModelFormatException($"'{Info.Name}' of {string.Join('x', shape)} needs {bytes} bytes, more than a tensor may have");
        }

        private void Bind(long[] shape, int count, int bytes)
        {
            _data = _memory;
            _bytes = bytes;
            _count = count;
            Shape = shape;
            Value = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, Info.Element switch
            {
                TensorElement.Float32 => TensorElementType.Float,
                TensorElement.Float16 => TensorElementType.Float16,
                TensorElement.UInt8 => TensorElementType.UInt8,
                TensorElement.Int8 => TensorElementType.Int8,
                TensorElement.Int32 => TensorElementType.Int32,
                TensorElement.Int64 => TensorElementType.Int64,
                _ => TensorElementType.Bool,
            }, shape, (nint)_memory, bytes);
        }

        public void Take(OrtValue value)
        {
            Shape = value.GetTensorTypeAndShape().Shape;
            var raw = value.GetTensorMutableRawData();
            _count = raw.Length / ElementSize;
            fixed (byte* p = raw)
            {
                _data = p; // Native memory, alive until the next run disposes the value.
            }
        }

        public void Widen()
        {
            if (Info.Element == TensorElement.Float32)
            {
                return;
            }

            if (_wide.Length < _count)
            {
                _wide = new float[_count];
            }

            var wide = _wide.AsSpan(0, _count);
            switch (Info.Element)
            {
                case TensorElement.Float16:
                    TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(_data, _count), wide);
                    break;
                case TensorElement.Int32:
                    TensorPrimitives.ConvertChecked<int, float>(new ReadOnlySpan<int>(_data, _count), wide);
                    break;
                case TensorElement.Int64:
                    TensorPrimitives.ConvertChecked<long, float>(new ReadOnlySpan<long>(_data, _count), wide);
                    break;
                case TensorElement.Int8:
                    TensorPrimitives.ConvertChecked<sbyte, float>(new ReadOnlySpan<sbyte>(_data, _count), wide);
                    break;
                default:
                    TensorPrimitives.ConvertChecked<byte, float>(new ReadOnlySpan<byte>(_data, _count), wide);
                    break;
            }
        }

        public void Dispose()
        {
            Value?.Dispose();
            Value = null;
            if (_memory is not null && !_borrowed)
            {
                NativeMemory.AlignedFree(_memory);
            }

            _memory = null;
        }
    }

    /// <summary>A session that several engines use; the last one closes it.</summary>
    private sealed class SessionShare
    {
        private readonly InferenceSession _session;
        private int _owners = 1;

        public SessionShare(InferenceSession session)
        {
            _session = session;
            ThreadBudget.SessionOpened();
        }

        public SessionShare Add()
        {
            ObjectDisposedException.ThrowIf(Interlocked.Increment(ref _owners) <= 1, _session);
            return this;
        }

        public void Release()
        {
            if (Interlocked.Decrement(ref _owners) == 0)
            {
                _session.Dispose();
                ThreadBudget.SessionClosed();
            }
        }
    }

    /// <summary>A binding of fewer items than the inputs have room for.</summary>
    private sealed class BatchBinding(OrtIoBinding binding, BoundTensor[] inputs, BoundTensor[] outputs) : IDisposable
    {
        public OrtIoBinding Binding => binding;

        public BoundTensor[] Outputs => outputs;

        public void Dispose()
        {
            binding.Dispose();
            foreach (var tensor in inputs)
            {
                tensor.Dispose();
            }

            foreach (var tensor in outputs)
            {
                tensor.Dispose();
            }
        }
    }

    private sealed class EngineOutputs(InferenceEngine engine) : TensorSet
    {
        private BoundTensor[] Tensors => engine._smaller?.Outputs ?? engine._outputTensors;

        public override int Count => Tensors.Length;

        public override string Name(int index) => Tensors[index].Info.Name;

        public override ReadOnlySpan<long> Shape(int index) => Tensors[index].Shape;

        public override ReadOnlySpan<float> Data(int index) => Tensors[index].Floats;
    }
}
