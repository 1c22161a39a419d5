using Microsoft.ML.OnnxRuntime;

namespace EdgeVision;

/// <summary>How a binding's tensors reach the provider.</summary>
internal enum BindingKind
{
    /// <summary>The CPU works in the tensors' own memory.</summary>
    InPlace,

    /// <summary>
    /// ONNX Runtime copies inputs when they are bound, so they are bound before each run; outputs it copies at the end of a run into memory that stays bound.
    /// </summary>
    Copied,

    /// <summary>Tensors of the device at addresses that stay, as a recorded graph needs them, with copies before and after each run.</summary>
    OnDevice,
}

/// <summary>Inputs and outputs of a session, bound in one of three ways.</summary>
internal sealed class EngineBinding : IDisposable
{
    private readonly OrtIoBinding _binding;
    private readonly BoundTensor[] _inputs, _outputs;
    private readonly IDeviceMemory? _memory;
    private readonly List<OrtValue> _values = []; // on the device: the inputs', then the outputs'
    private readonly List<nint> _addresses = [];

    /// <summary>Binds inputs; outputs follow by <see cref="BindOutput"/> in their order.</summary>
    public EngineBinding(InferenceSession session, BindingKind kind, BoundTensor[] inputs, BoundTensor[] outputs, IDeviceMemory? memory)
    {
        (Kind, _inputs, _outputs, _memory) = (kind, inputs, outputs, memory);
        _binding = session.CreateIoBinding();
        try
        {
            foreach (var input in inputs)
            {
                _binding.BindInput(input.Info.Name, kind == BindingKind.OnDevice ? Keep(input) : input.Value!);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public BindingKind Kind { get; }

    /// <summary>Whether the tensors go with the binding.</summary>
    public bool OwnsTensors { get; init; }

    public BoundTensor[] Outputs => _outputs;

    /// <summary>Binds an output to its tensor; one whose size depends on the data to memory that ONNX Runtime takes in each run.</summary>
    public void BindOutput(BoundTensor output)
    {
        if (output.Open)
        {
            _binding.BindOutputToDevice(output.Info.Name, OrtMemoryInfo.DefaultInstance);
        }
        else
        {
            _binding.BindOutput(output.Info.Name, Kind == BindingKind.OnDevice ? Keep(output) : output.Value!);
        }
    }

    /// <summary>Hands the inputs over.</summary>
    public void CopyIn()
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
                    _memory!.CopyIn(_addresses[i], _inputs[i].Address, _inputs[i].Bytes.Length);
                }

                break;
        }
    }

    /// <summary>Runs the session.</summary>
    public void Run(InferenceSession session, RunOptions options) => session.RunWithBinding(options, _binding);

    /// <summary>Takes the outputs over.</summary>
    public void CopyOut()
    {
        switch (Kind)
        {
            case BindingKind.Copied:
                _binding.SynchronizeBoundOutputs();
                break;
            case BindingKind.OnDevice:
                for (int i = 0; i < _outputs.Length; i++)
                {
                    _memory!.CopyOut(_outputs[i].Address, _addresses[_inputs.Length + i], _outputs[i].Bytes.Length);
                }

                break;
        }
    }

    /// <summary>What a run put out, in the graph's order.</summary>
    public IDisposableReadOnlyCollection<OrtValue> OutputValues() => _binding.GetOutputValues();

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

    private OrtValue Keep(BoundTensor tensor)
    {
        var value = tensor.OnDevice(_memory!.Device!, out nint address);
        _values.Add(value);
        _addresses.Add(address);
        return value;
    }
}
