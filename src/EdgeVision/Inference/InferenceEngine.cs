using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace EdgeVision;

/// <summary>
/// A network and its memory: an ONNX Runtime session whose inputs and outputs are bound once. On the CPU <see cref="Run"/> allocates nothing while
/// shapes stay; a device takes its inputs from pinned memory where its provider has such. One instance serves one thread at a time.
/// </summary>
public sealed class InferenceEngine : IDisposable
{
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
    private RunOptions? _recorded; // of runs that are recorded as a graph
    private EngineBinding? _smaller; // the binding in force where a run takes fewer items than there is room for
    private int _items; // so many; 0 for all
    private EngineBinding? _binding;
    private IDisposableReadOnlyCollection<OrtValue>? _openOutputs;
    private bool _sizesVary;
    private bool _disposed;
    private long _runBegan, _runEnded, _copiedIn, _copiedOut;

    /// <summary>Loads a model.</summary>
    /// <exception cref="ModelFormatException">The file is no readable ONNX model, or it reaches outside its folder.</exception>
    /// <exception cref="ProviderUnavailableException">A required provider cannot be had, or does not take the nodes; or the provider library cannot be loaded.</exception>
    /// <exception cref="ArgumentException">A provider's option is not known.</exception>
    public InferenceEngine(string path, EngineOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        _loader = new EngineLoader(path, options ?? new EngineOptions());
        _runOptions = new RunOptions(); // not before: it would load the library that comes with the package
        _session = _loader.Open();
        try
        {
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

    // The same session with tensors of its own.
    private InferenceEngine(InferenceEngine of)
    {
        ObjectDisposedException.ThrowIf(of._disposed, of);
        (_loader, Metadata, _inputs, _outputs) = (of._loader, of.Metadata, of._inputs, of._outputs);
        _session = of._session.Add();
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

            BindOrFallBack();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// Another engine over the same session, with inputs and outputs of its own: the weights are in memory once. Each serves one thread at a time;
    /// the session closes with the last of them. Where runs are recorded as CUDA graphs each has a graph of its own, and they run one after the other.
    /// </summary>
    public InferenceEngine Twin() => new(this);

    /// <summary>
    /// Told, in a sentence, what goes otherwise than asked, once each: a provider that failed at its first run, graphs that are not recorded. Twins share it.
    /// </summary>
    public event Action<string>? Notice
    {
        add => _loader.Notice += value;
        remove => _loader.Notice -= value;
    }

    /// <summary>What became of the cache of optimized models.</summary>
    public ModelCacheUse ModelCache => _session.ModelCache;

    /// <summary>Graph inputs in order.</summary>
    public IReadOnlyList<TensorInfo> Inputs => _inputs;

    /// <summary>Graph outputs in order.</summary>
    public IReadOnlyList<TensorInfo> Outputs => _outputs;

    /// <summary>Metadata of the model by key.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Which providers the session has; after a first run that failed, those of the session that took its place.</summary>
    public ProviderReport Providers => _session.Report;

    /// <summary>Whether runs are recorded as a CUDA graph and replayed.</summary>
    public bool UsesCudaGraph => _binding?.Kind == BindingKind.OnDevice;

    /// <summary>Whether inputs and outputs lie in memory that the device copies from and to by itself.</summary>
    public bool UsesPinnedMemory => _session.Memory?.Host is not null;

    /// <summary>Threads the session was given.</summary>
    public ThreadBudget Threads => _loader.Threads;

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
        _items = 0;
        BindOrFallBack();
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
        (_smaller, _items) = (null, 0);
        if (count == room)
        {
            return true;
        }

        if (!_smallerBatches.TryGetValue(count, out _smaller))
        {
            bool open = !_sizesVary && Array.TrueForAll(_outputTensors, o => !o.Open)
                && Array.TrueForAll(_inputTensors, t => t.Info.Shape.Length > 0 && t.Info.Shape[0] < 0 && t.Shape[0] == _inputTensors[0].Shape[0]);
            try
            {
                _smallerBatches[count] = _smaller = open ? BindBatch(count) : null;
            }
            catch (OnnxRuntimeException e)
            {
                throw DoesNotRun(e);
            }
        }

        _items = _smaller is null ? 0 : count;
        return _smaller is not null;
    }

    /// <summary>Makes a run that goes on in another thread give up soon with an error, and every later one; for a process that stops.</summary>
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

    /// <summary>
    /// Runs the network on what lies in the inputs. Where the first provider fails at the first run of all, and the policy lets others have the model, the
    /// next one does it, and every later run: <see cref="Providers"/> and <see cref="Notice"/> say so.
    /// </summary>
    /// <exception cref="EdgeVisionException">ONNX Runtime failed; the message says where.</exception>
    public void Run()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_binding is null)
        {
            RequireShapes();
            BindOrFallBack(); // a session that failed may do now
        }

        try
        {
            Run(_smaller ?? _binding!);
        }
        catch (OnnxRuntimeException e) when (MayFallBack)
        {
            FallBack(e);
        }
        catch (OnnxRuntimeException e)
        {
            throw RunError(e);
        }
    }

    /// <summary>How long the last run took to hand over its inputs, in the network, and to take its outputs, in ticks of <see cref="Stopwatch"/>.</summary>
    internal (long CopyIn, long Run, long CopyOut) LastRun => (_runBegan - _copiedIn, _runEnded - _runBegan, _copiedOut - _runEnded);

    /// <summary>
    /// Nodes on each provider, by ONNX Runtime's names, found by running the model once in a session that is profiled.
    /// Takes as long as loading the model again.
    /// </summary>
    public IReadOnlyDictionary<string, int> MeasurePlacement() =>
        _loader.Native.Placed(Profiled(Providers.Active, 1, (json, _) => OperatorProfileBuilder.Read(json, 0, 1, default).Placement));

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
        return Profiled(Providers.Active, warmup + runs, (json, folder) => OperatorProfileBuilder.Read(json, warmup, runs, ProfilingCost.Measure(_loader.MakeOptions, folder)));
    }

    /// <summary>
    /// Multiply-accumulates of a run on what lies in the inputs, and the weights: counted from the shapes that the nodes of the graph have, as its author wrote it,
    /// while it runs once on the CPU.
    /// </summary>
    /// <exception cref="InvalidOperationException">An input has open dimensions; call <see cref="Resize"/> first.</exception>
    /// <exception cref="EdgeVisionException">The model fails, or its profile cannot be read.</exception>
    public GraphCost MeasureCost()
    {
        return Profiled([Provider.Cpu], 1, (json, _) => GraphCost.Read(json, _loader.Path), options =>
        {
            // Fused nodes would hide what they compute; a weight that is packed for its kernel has no shape in the profile.
            options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL;
            options.AddSessionConfigEntry("session.disable_prepacking", "1");
        });
    }

    private T Profiled<T>(IReadOnlyList<Provider> providers, int runs, Func<Stream, string, T> read, Action<SessionOptions>? adapt = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        RequireShapes();
        return EngineProfiler.Run(_loader, providers, Array.ConvertAll(_inputTensors, t => t.Value!), runs, read, adapt);
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

    private bool MayFallBack => _session is { OnDevice: true, Settled: false } && !_loader.Policy.Required && !_runOptions.Terminate;

    // After a run, or a binding, that ONNX Runtime refused: the next provider that does what this one could not takes its place. Where none does, the
    // input or the model is at fault and everything stays as it was.
    private void FallBack(OnnxRuntimeException why)
    {
        var failed = _session;
        lock (_loader.Replacing)
        {
            if (_loader.Replacement is { } ready && ready != failed && ready.TryAdd())
            {
                try
                {
                    EnterAndRun(ready); // a twin's run failed before
                    failed.Release();
                    return;
                }
                catch (OnnxRuntimeException e)
                {
                    Return(failed, ready);
                    throw RunError(e);
                }
            }

            var from = failed;
            string reason = $"it failed at its first run: {OneLine.Of(why.Message)}";
            while (from.OnDevice)
            {
                EngineSession next;
                try
                {
                    next = _loader.OpenNext(from, reason);
                }
                catch (EdgeVisionException)
                {
                    break;
                }

                try
                {
                    EnterAndRun(next);
                    _loader.Replacement = next;
                    Release(from, unless: failed);
                    failed.Release();
                    _loader.Tell($"{failed.Report.Active[0].Name()} failed when {_loader.Name} ran first, so {next.Report.Active[0].Name()} runs it from now on: {OneLine.Of(why.Message)}");
                    return;
                }
                catch (OnnxRuntimeException e)
                {
                    Release(from, unless: failed);
                    (from, reason) = (next, $"it failed at its first run: {OneLine.Of(e.Message)}");
                }
            }

            Return(failed, from);
            throw RunError(why);
        }
    }

    private static void Release(EngineSession session, EngineSession unless)
    {
        if (session != unless)
        {
            session.Release();
        }
    }

    // Back to the session that failed; it is bound when it is needed again.
    private void Return(EngineSession failed, EngineSession left)
    {
        Leave(failed);
        failed.Settled = true;
        Release(left, unless: failed);
    }

    // Tensors keep what lies in them and move to the memory of another session.
    private void Leave(EngineSession to)
    {
        Unbind();
        Array.ForEach(_outputTensors, t => t.Dispose());
        Array.ForEach(_inputTensors, t => t.MoveTo(to.Memory?.Host));
        _session = to;
    }

    private void EnterAndRun(EngineSession session)
    {
        int items = _items;
        Leave(session);
        Bind();
        if (_binding is null)
        {
            return; // nothing to run yet: open dimensions
        }

        if (items > 0)
        {
            (_items, _smaller) = (items, _smallerBatches[items] = BindBatch(items));
        }

        Run(_smaller ?? _binding);
    }

    private void BindOrFallBack()
    {
        try
        {
            Bind();
        }
        catch (OnnxRuntimeException e) when (MayFallBack)
        {
            FallBack(e);
        }
        catch (OnnxRuntimeException e)
        {
            throw DoesNotRun(e);
        }

        if (_loader.Policy.Required && !_session.Placed && _binding is not null)
        {
            _session.Placed = true;
            RequirePlacement();
        }
    }

    private void Run(EngineBinding binding)
    {
        if (!_session.Settled && _session.EngineFolder is { } folder)
        {
            using var build = TensorRtCache.Building(folder, _loader.Name, _loader.Tell);
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
        binding.CopyIn();
        _runBegan = Stopwatch.GetTimestamp();
        try
        {
            RunSession(binding);
        }
        catch (OnnxRuntimeException e) when (!_sizesVary && e.Message.Contains("shape verification failed", StringComparison.Ordinal))
        {
            // An output's size depends on the data (a suppression in the graph): from here on the whole batch runs, and it is read after each run.
            _sizesVary = true;
            _items = 0;
            Bind();
            binding = _binding!;
            binding.CopyIn();
            RunSession(binding);
        }

        _runEnded = Stopwatch.GetTimestamp();
        binding.CopyOut();
        CollectOpenOutputs();
        foreach (var output in binding.Outputs)
        {
            output.Widen();
        }

        _copiedOut = Stopwatch.GetTimestamp();
        _session.Settled = true;
    }

    private void RunSession(EngineBinding binding)
    {
        _loader.Native.BeforeRun(_session.Report.Active);
        if (binding.Kind == BindingKind.OnDevice)
        {
            lock (_session.Recording)
            {
                binding.Run(_session.Session, _recorded!);
            }
        }
        else
        {
            binding.Run(_session.Session, _runOptions);
        }
    }

    private InvalidOperationException Open(TensorInfo input) => new($"input {input} has open dimensions; call Resize first");

    private void RequireShapes()
    {
        if (Array.Find(_inputTensors, t => t.Value is null) is { } open)
        {
            throw Open(open.Info);
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

        _inputTensors[index].Allocate(shape, _session.Memory?.Host);
    }

    private void Unbind()
    {
        _openOutputs?.Dispose();
        _openOutputs = null;
        _binding?.Dispose();
        _binding = null;
        foreach (var batch in _smallerBatches.Values)
        {
            batch?.Dispose();
        }

        _smallerBatches.Clear();
        _smaller = null;
    }

    // Outputs get memory of their own; where a size depends on the data, ONNX Runtime allocates on each run. Waits while
    // an input's dimensions are open.
    private void Bind()
    {
        Unbind();
        if (Array.Exists(_inputTensors, t => t.Value is null))
        {
            return;
        }

        // Most open dimensions are fixed once the inputs are: one run tells the shapes. Where a run then differs, Run sees it.
        bool open = !_sizesVary && _outputs.Any(o => Array.Exists(o.Shape, d => d < 0));
        long[][]? shapes = open ? ProbeShapes(_inputTensors) : null;
        for (int i = 0; i < _outputTensors.Length; i++)
        {
            long[] shape = shapes?[i] ?? _outputs[i].Shape;
            _outputTensors[i].Open = _sizesVary || Array.Exists(shape, d => d <= 0);
            if (!_outputTensors[i].Open)
            {
                _outputTensors[i].Allocate(shape, _session.Memory?.Host);
            }
        }

        if (!_session.RecordsGraphs || !TryRecord())
        {
            _binding = BindTensors(_session.OnDevice ? BindingKind.Copied : BindingKind.InPlace);
        }
    }

    private EngineBinding BindTensors(BindingKind kind)
    {
        var binding = new EngineBinding(_session.Session, kind, _inputTensors, _outputTensors, _session.Memory);
        try
        {
            Array.ForEach(_outputTensors, binding.BindOutput);
            return binding;
        }
        catch
        {
            binding.Dispose();
            throw;
        }
    }

    // Binds to addresses of the device that stay, and runs until the graph is recorded, so that the first frame need not wait for it.
    private bool TryRecord()
    {
        const int Runs = 3; // a plain one, the recording, the first replay
        string? reason = Array.Exists(_outputTensors, o => o.Open) ? "the size of an output depends on the data"
            : _session.Memory?.Device is null ? "there is no memory of the device to bind to, or no CUDA runtime to copy with"
            : null;
        if (reason is null)
        {
            if (_recorded is null)
            {
                _runOptions.AddRunConfigEntry("gpu_graph_id", "-1"); // every other run of this session is a plain one
                _recorded = new RunOptions();
                _recorded.AddRunConfigEntry("gpu_graph_id", Interlocked.Increment(ref _graphs).ToString(System.Globalization.CultureInfo.InvariantCulture));
            }

            try
            {
                _binding = BindTensors(BindingKind.OnDevice);
                for (int i = 0; i < Runs; i++)
                {
                    _binding.CopyIn();
                    RunSession(_binding);
                }

                return true;
            }
            catch (Exception e) when (e is OnnxRuntimeException or EdgeVisionException)
            {
                reason = OneLine.Of(e.Message);
                _binding?.Dispose();
                _binding = null;
            }
        }

        _session.RecordsGraphs = false;
        _loader.TellNoGraph(_session.Report.Active[0], reason);
        return false;
    }

    // The first items of the tensors that are there already, under a shape of their own.
    private EngineBinding BindBatch(int count)
    {
        var inputs = Array.ConvertAll(_inputTensors, t => t.First([count, .. t.Shape[1..]]));
        var outputs = new BoundTensor[_outputTensors.Length];
        EngineBinding? binding = null;
        try
        {
            var shapes = ProbeShapes(inputs);
            for (int i = 0; i < outputs.Length; i++)
            {
                outputs[i] = _outputTensors[i].First(shapes[i]);
            }

            binding = new EngineBinding(_session.Session, _session.OnDevice ? BindingKind.Copied : BindingKind.InPlace, inputs, outputs, null) { OwnsTensors = true };
            Array.ForEach(outputs, binding.BindOutput);
            return binding;
        }
        catch
        {
            binding?.Dispose();
            Array.ForEach([.. inputs, .. outputs.Where(o => o is not null)], t => t.Dispose());
            throw;
        }
    }

    private EdgeVisionException RunError(OnnxRuntimeException e) => new($"'{_loader.Name}' failed while it ran: {OneLine.Of(e.Message)}", e);

    private ModelFormatException DoesNotRun(OnnxRuntimeException e) =>
        new($"'{_loader.Name}' does not run at input {string.Join(", ", _inputTensors.Select(t => string.Join('x', t.Shape)))}: {OneLine.Of(e.Message)}", e);

    private long[][] ProbeShapes(BoundTensor[] inputs)
    {
        using var build = _session.Settled ? null : TensorRtCache.Building(_session.EngineFolder, _loader.Name, _loader.Tell);
        _loader.Native.BeforeRun(_session.Report.Active);
        var session = _session.Session;
        using var values = session.Run(_runOptions, session.InputNames, [.. inputs.Select(t => t.Value!)], session.OutputNames);
        _session.Settled = true;
        return [.. values.Select(v => v.GetTensorTypeAndShape().Shape)];
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
                _binding!.BindOutput(output);
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
        _openOutputs = _binding!.OutputValues();
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
        var policy = _loader.Policy;
        if (policy.Providers[0] == Provider.Cpu && Providers.Active.Count == 1)
        {
            return;
        }

        var placement = MeasurePlacement();
        _session.Report = _session.Report with { Placement = placement };
        ProviderSelection.RequirePlacement(policy, _loader.Native, placement, _loader.Path);
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
