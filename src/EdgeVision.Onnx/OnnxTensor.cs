using System.Runtime.InteropServices;
using Google.Protobuf;

namespace EdgeVision.Onnx;

/// <summary>Converts tensors of a model file from and to C# arrays; values are stored as raw little-endian bytes.</summary>
public static class OnnxTensor
{
    /// <summary>Creates a FLOAT tensor; <paramref name="values"/> are row-major.</summary>
    /// <exception cref="ArgumentException">The number of values is not the product of the dimensions.</exception>
    public static TensorProto Create(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> dims) =>
        Create(name, TensorProto.Types.DataType.Float, MemoryMarshal.AsBytes(values), values.Length, dims);

    /// <summary>Creates an INT64 tensor; <paramref name="values"/> are row-major.</summary>
    /// <exception cref="ArgumentException">The number of values is not the product of the dimensions.</exception>
    public static TensorProto Create(string name, ReadOnlySpan<long> values, params ReadOnlySpan<long> dims) =>
        Create(name, TensorProto.Types.DataType.Int64, MemoryMarshal.AsBytes(values), values.Length, dims);

    /// <summary>Returns the values of a FLOAT tensor, row-major, whether stored raw or as fields.</summary>
    /// <exception cref="InvalidDataException">Not FLOAT, stored outside the file, or the data does not match the dimensions.</exception>
    public static float[] ReadFloats(TensorProto tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        float[] values = Read<float>(tensor, TensorProto.Types.DataType.Float, tensor.FloatData);
        return values;
    }

    /// <summary>Returns the values of an INT64 tensor, row-major, whether stored raw or as fields.</summary>
    /// <exception cref="InvalidDataException">Not INT64, stored outside the file, or the data does not match the dimensions.</exception>
    public static long[] ReadInts(TensorProto tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return Read<long>(tensor, TensorProto.Types.DataType.Int64, tensor.Int64Data);
    }

    private static TensorProto Create(
        string name, TensorProto.Types.DataType type, ReadOnlySpan<byte> bytes, int count, ReadOnlySpan<long> dims)
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("raw tensors are little-endian; big-endian processors are not supported");
        }

        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        long product = 1;
        foreach (long d in dims)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(d, nameof(dims));
            product = checked(product * d);
            tensor.Dims.Add(d);
        }

        return product == count
            ? tensor
            : throw new ArgumentException(
                $"tensor '{name}' has {count} values; its shape [{string.Join(',', dims.ToArray())}] needs {product}");
    }

    private static T[] Read<T>(TensorProto tensor, TensorProto.Types.DataType type, Google.Protobuf.Collections.RepeatedField<T> fields)
        where T : unmanaged
    {
        if (tensor.DataType != (int)type)
        {
            throw new InvalidDataException($"tensor '{tensor.Name}' must be {type}; got {(TensorProto.Types.DataType)tensor.DataType}");
        }

        if (tensor.DataLocation == TensorProto.Types.DataLocation.External)
        {
            throw new InvalidDataException($"tensor '{tensor.Name}' is stored outside the model file");
        }

        T[] values = tensor.HasRawData ? MemoryMarshal.Cast<byte, T>(tensor.RawData.Span).ToArray() : [.. fields];
        long product = 1;
        foreach (long d in tensor.Dims)
        {
            product = d < 0 ? -1 : checked(product * d);
        }

        return product == values.Length
            ? values
            : throw new InvalidDataException(
                $"tensor '{tensor.Name}' has {values.Length} values; its shape [{string.Join(',', tensor.Dims)}] needs {product}");
    }
}
