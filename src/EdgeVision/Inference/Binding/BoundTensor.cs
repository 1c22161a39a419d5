using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using EdgeVision.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace EdgeVision.Inference.Binding;

/// <summary>Tensor in its own memory that ONNX Runtime reads or writes in place, with its values as float32.</summary>
internal sealed unsafe class BoundTensor(TensorInfo info) : IDisposable
{
    private const int Alignment = 64;
    private void* _memory;
    private OrtValue? _allocated; // owns the memory if it came from an allocator of ONNX Runtime
    private OrtMemoryInfo? _memoryInfo;
    private bool _borrowed;
    private int _bytes;
    private float[] _floats = [];
    private int _count;
    private void* _data;

    public TensorInfo Info { get; } = info;

    public OrtValue? Value { get; private set; }

    public long[] Shape { get; private set; } = [];

    public bool HasOpenShape { get; set; }

    public Span<byte> Bytes => new(_memory, _bytes);

    public nint Address => (nint)_memory;

    public ReadOnlySpan<float> Floats =>
        Info.Element == TensorElement.Float32 ? new ReadOnlySpan<float>(_data, _count) : _floats.AsSpan(0, _count);

    private int ElementSize => Info.Element switch
    {
        TensorElement.Float32 or TensorElement.Int32 => 4,
        TensorElement.Float16 => 2,
        TensorElement.Int64 => 8,
        _ => 1,
    };

    private TensorElementType OrtElement => Info.Element switch
    {
        TensorElement.Float32 => TensorElementType.Float,
        TensorElement.Float16 => TensorElementType.Float16,
        TensorElement.UInt8 => TensorElementType.UInt8,
        TensorElement.Int8 => TensorElementType.Int8,
        TensorElement.Int32 => TensorElementType.Int32,
        TensorElement.Int64 => TensorElementType.Int64,
        _ => TensorElementType.Bool,
    };

    /// <summary>Returns a view of the first items of this tensor's memory under another shape; this tensor must outlive it.</summary>
    public BoundTensor Slice(long[] shape)
    {
        var (count, bytes) = Measure(shape);
        if (bytes > _bytes)
        {
            throw new ModelFormatException(
                $"'{Info.Name}' must not grow when the batch shrinks: "
                + $"{string.Join('x', shape)} needs {bytes} bytes, but only {_bytes} were allocated");
        }

        var first = new BoundTensor(Info) { _memory = _memory, _memoryInfo = _memoryInfo, _borrowed = true };
        first.Bind(shape, count, bytes);
        return first;
    }

    /// <summary>Allocates zeroed memory for a shape, from the allocator or else from plain native memory.</summary>
    public void Allocate(long[] shape, OrtAllocator? from = null)
    {
        var (count, bytes) = Measure(shape);
        Dispose();
        if (from is null)
        {
            _memory = NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
            _memoryInfo = null;
        }
        else
        {
            _allocated = OrtValue.CreateAllocatedTensorValue(from, OrtElement, shape);
            _memory = AddressOf(_allocated);
            _memoryInfo = from.Info;
        }

        NativeMemory.Clear(_memory, (nuint)bytes);
        Bind(shape, count, bytes);
    }

    /// <summary>Moves the contents to memory of an allocator, or else to plain native memory.</summary>
    public void MoveTo(OrtAllocator? from)
    {
        if (Value is null || from is null && _allocated is null)
        {
            return;
        }

        byte[] kept = Bytes.ToArray();
        Allocate(Shape, from);
        kept.CopyTo(Bytes);
    }

    /// <summary>Allocates a tensor of the same shape in device memory, which the CPU must not access.</summary>
    public OrtValue AllocateOnDevice(OrtAllocator device, out nint address)
    {
        var value = OrtValue.CreateAllocatedTensorValue(device, OrtElement, Shape);
        address = (nint)AddressOf(value);
        return value;
    }

    public void Attach(OrtValue value)
    {
        Shape = value.GetTensorTypeAndShape().Shape;
        var raw = value.GetTensorMutableRawData();
        _count = raw.Length / ElementSize;
        fixed (byte* p = raw)
        {
            _data = p; // Native memory, alive until the next run disposes the value.
        }
    }

    public void ConvertToFloat()
    {
        if (Info.Element == TensorElement.Float32)
        {
            return;
        }

        if (_floats.Length < _count)
        {
            _floats = new float[_count];
        }

        var wide = _floats.AsSpan(0, _count);
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
        _allocated?.Dispose();
        if (_memory is not null && !_borrowed && _allocated is null)
        {
            NativeMemory.AlignedFree(_memory);
        }

        _allocated = null;
        _memory = null;
    }

    private (int Count, int Bytes) Measure(long[] shape)
    {
        long count = 1;
        foreach (long d in shape)
        {
            count = d > 0 && count <= int.MaxValue / d
                ? count * d
                : throw new ModelFormatException(
                    $"'{Info.Name}' of {string.Join('x', shape)} is too large; a tensor can have at most {int.MaxValue} values");
        }

        long bytes = count * ElementSize;
        return bytes <= int.MaxValue
            ? ((int)count, (int)bytes)
            : throw new ModelFormatException(
                $"'{Info.Name}' of {string.Join('x', shape)} needs {bytes} bytes; a tensor can have at most {int.MaxValue}");
    }

    private void Bind(long[] shape, int count, int bytes)
    {
        _data = _memory;
        _bytes = bytes;
        _count = count;
        Shape = shape;
        Value = OrtValue.CreateTensorValueWithData(_memoryInfo ?? OrtMemoryInfo.DefaultInstance, OrtElement, shape, (nint)_memory, bytes);
    }

    // Takes only the address: device memory cannot be read here.
    private static void* AddressOf(OrtValue value) =>
        System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(value.GetTensorMutableRawData()));
}
