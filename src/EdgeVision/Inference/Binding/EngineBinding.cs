using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Inference.Binding;

/// <summary>Ways in which the tensors of a binding reach the provider.</summary>
internal enum BindingKind
{
    /// <summary>The CPU reads and writes the tensors' own memory.</summary>
    InPlace,

    /// <summary>ONNX Runtime copies the tensors.</summary>
    /// <remarks>
    /// It copies inputs when they are bound, so they are bound before each run, and outputs at the end of a run into memory
    /// that stays bound.
    /// </remarks>
    Copied,

    /// <summary>Tensors in device memory at fixed addresses, as a recorded graph requires, with copies before and after each run.</summary>
    OnDevice,
}

/// <summary>Inputs and outputs of a session, bound in one of three ways.</summary>
internal sealed class EngineBinding : IDisposable
{
    private readonly OrtIoBinding _binding;
    private readonly BoundTensor[] _inputs, _outputs;
    private readonly IDeviceMemory? _memory;
    private readonly List<OrtValue> _values = []; // in device memory: those of the inputs, then those of the outputs
    private readonly List<nint> _addresses = [];

    /// <summary>Binds inputs; outputs are bound by <see cref="BindOutput"/> in their order.</summary>
    public EngineBinding(InferenceSession session, BindingKind kind, BoundTensor[] inputs, BoundTensor[] outputs, IDeviceMemory? memory)
    {
        (Kind, _inputs, _outputs, _memory) = (kind, inputs, outputs, memory);
        _binding = session.CreateIoBinding();
        try
        {
            foreach (var input in inputs)
            {
                _binding.BindInput(input.Info.Name, kind == BindingKind.OnDevice ? AllocateOnDevice(input) : input.Value!);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public BindingKind Kind { get; }

    /// <summary>Gets whether disposing the binding disposes its tensors.</summary>
    public bool OwnsTensors { get; init; }

    public BoundTensor[] Outputs => _outputs;

    /// <summary>
    /// Binds an output to its tensor, or to memory that ONNX Runtime allocates in each run if its size depends on the data.
    /// </summary>
    public void BindOutput(BoundTensor output)
    {
        if (output.HasOpenShape)
        {
            _binding.BindOutputToDevice(output.Info.Name, OrtMemoryInfo.DefaultInstance);
        }
        else
        {
            _binding.BindOutput(output.Info.Name, Kind == BindingKind.OnDevice ? AllocateOnDevice(output) : output.Value!);
        }
    }

    /// <summary>Copies the inputs to the provider where the binding requires it.</summary>
    public void CopyInputs()
    {
        switch (Kind)
        {
            case BindingKind.Copied:
                foreach (var input in _inputs)
                {
                    _binding.BindInput(input.Info.Name, input.Value!);
                }

                _binding.SynchronizeBoundInputs();
                break;
            case BindingKind.OnDevice:
                for (int i = 0; i < _inputs.Length; i++)
                {
                    _memory!.CopyToDevice(_addresses[i], _inputs[i].Address, _inputs[i].Bytes.Length);
                }

                break;
        }
    }

    /// <summary>Runs the session.</summary>
    public void Run(InferenceSession session, RunOptions options) => session.RunWithBinding(options, _binding);

    /// <summary>Copies the outputs from the provider where the binding requires it.</summary>
    public void CopyOutputs()
    {
        switch (Kind)
        {
            case BindingKind.Copied:
                _binding.SynchronizeBoundOutputs();
                break;
            case BindingKind.OnDevice:
                for (int i = 0; i < _outputs.Length; i++)
                {
                    _memory!.CopyToHost(_outputs[i].Address, _addresses[_inputs.Length + i], _outputs[i].Bytes.Length);
                }

                break;
        }
    }

    /// <summary>Returns the outputs of the last run, in the graph's order.</summary>
    public IDisposableReadOnlyCollection<OrtValue> GetOutputValues() => _binding.GetOutputValues();

    public void Dispose()
    {
        _binding.Dispose();
        _values.ForEach(v => v.Dispose());
        if (OwnsTensors)
        {
            Array.ForEach(_inputs, t => t.Dispose());
            Array.ForEach(_outputs, t => t.Dispose());
        }
    }

    private OrtValue AllocateOnDevice(BoundTensor tensor)
    {
        var value = tensor.AllocateOnDevice(_memory!.DeviceAllocator!, out nint address);
        _values.Add(value);
        _addresses.Add(address);
        return value;
    }
}
