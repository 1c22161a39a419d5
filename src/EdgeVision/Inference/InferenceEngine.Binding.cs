using EdgeVision.Diagnostics;
using EdgeVision.Inference.Binding;
using EdgeVision.Inference.Cache;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Inference;

/// <content>Binding of inputs and outputs.</content>
public sealed partial class InferenceEngine
{
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
            throw new ModelFormatException($"the shape of input {info} must fit the graph; got {string.Join('x', shape)}");
        }

        _inputTensors[index].Allocate(shape, _session.Memory?.HostAllocator);
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

    // Binds outputs to their own memory; where a size depends on the data, ONNX Runtime allocates in each run. Does nothing
    // while an input has open dimensions.
    private void Bind()
    {
        Unbind();
        if (Array.Exists(_inputTensors, t => t.Value is null))
        {
            return;
        }

        // Most open dimensions are fixed by the inputs' shapes: one run gives the outputs' shapes. Run handles outputs that differ later.
        bool open = !_sizesVary && _outputs.Any(o => Array.Exists(o.Shape, d => d < 0));
        long[][]? shapes = open ? ProbeShapes(_inputTensors) : null;
        for (int i = 0; i < _outputTensors.Length; i++)
        {
            long[] shape = shapes?[i] ?? _outputs[i].Shape;
            _outputTensors[i].HasOpenShape = _sizesVary || Array.Exists(shape, d => d <= 0);
            if (!_outputTensors[i].HasOpenShape)
            {
                _outputTensors[i].Allocate(shape, _session.Memory?.HostAllocator);
            }
        }

        if (!_session.UsesGraphs || !TryRecord())
        {
            _binding = BindTensors(_session.IsOnDevice ? BindingKind.Copied : BindingKind.InPlace);
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

    // Binds to fixed device addresses and runs until the graph is recorded, so that the first frame does not wait for it.
    private bool TryRecord()
    {
        const int Runs = 3; // one without recording, the recording, the first replay
        string? reason = Array.Exists(_outputTensors, o => o.HasOpenShape) ? "the size of an output depends on the data"
            : _session.Memory?.DeviceAllocator is null ? "no device memory to bind to, or no CUDA runtime to copy with"
            : null;
        if (reason is null)
        {
            // Each binding has its own graph: an earlier recording uses the addresses of an earlier binding.
            _recorded?.Dispose();
            _recorded = new RunOptions();
            int graph = Interlocked.Increment(ref _graphs);
            _recorded.AddRunConfigEntry(GraphId, graph.ToString(System.Globalization.CultureInfo.InvariantCulture));
            try
            {
                _binding = BindTensors(BindingKind.OnDevice);
                for (int i = 0; i < Runs; i++)
                {
                    _binding.CopyInputs();
                    RunSession(_binding);
                }

                return true;
            }
            catch (Exception e) when (e is OnnxRuntimeException or EdgeVisionException)
            {
                reason = ErrorText.ToSingleLine(e.Message);
                _binding?.Dispose();
                _binding = null;
            }
        }

        _session.UsesGraphs = false;
        _loader.WarnNoGraph(_session.Report.Active[0], reason);
        return false;
    }

    // Binds views of the first items of the existing tensors, under their own shapes.
    private EngineBinding BindBatch(int count)
    {
        var inputs = Array.ConvertAll(_inputTensors, t => t.Slice([count, .. t.Shape[1..]]));
        var outputs = new BoundTensor[_outputTensors.Length];
        EngineBinding? binding = null;
        try
        {
            var shapes = ProbeShapes(inputs);
            for (int i = 0; i < outputs.Length; i++)
            {
                outputs[i] = _outputTensors[i].Slice(shapes[i]);
            }

            var kind = _session.IsOnDevice ? BindingKind.Copied : BindingKind.InPlace;
            binding = new EngineBinding(_session.Session, kind, inputs, outputs, null) { OwnsTensors = true };
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

    private long[][] ProbeShapes(BoundTensor[] inputs)
    {
        using var build = _session.IsConfirmed ? null : TensorRtCache.ReportBuild(_session.EngineFolder, _loader.Name, _loader.Warn);
        _loader.Native.BeforeRun(_session.Report.Active);
        var session = _session.Session;
        using var values = session.Run(_runOptions, session.InputNames, [.. inputs.Select(t => t.Value!)], session.OutputNames);
        _session.IsConfirmed = true;
        return [.. values.Select(v => v.GetTensorTypeAndShape().Shape)];
    }

    // A binding keeps the outputs of a run and would require the next run to have their size.
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
            if (output.HasOpenShape)
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
            any |= output.HasOpenShape;
        }

        if (!any)
        {
            return;
        }

        _openOutputs?.Dispose();
        _openOutputs = _binding!.GetOutputValues();
        for (int i = 0; i < _outputTensors.Length; i++)
        {
            if (_outputTensors[i].HasOpenShape)
            {
                var value = _openOutputs.ElementAt(i);
                _outputTensors[i].Attach(value);
            }
        }
    }
}
