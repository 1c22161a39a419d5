using EdgeVision.Onnx;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace EdgeVision.Exporter.Export;

/// <summary>Runs graphs without inputs, for constant folding.</summary>
internal static class GraphRunner
{
    /// <summary>Returns the outputs of a model without inputs.</summary>
    public static IReadOnlyList<TensorProto> Run(OnnxModel model)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, IntraOpNumThreads = 1 };
        using var session = new InferenceSession(model.ToBytes(), options);
        using var runOptions = new RunOptions();
        using var results = session.Run(runOptions, new Dictionary<string, OrtValue>(), [.. session.OutputNames]);
        return [.. results.Select(ToProto)];
    }

    private static TensorProto ToProto(OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        var type = info.ElementDataType switch
        {
            TensorElementType.Float => TensorProto.Types.DataType.Float,
            TensorElementType.Int64 => TensorProto.Types.DataType.Int64,
            TensorElementType.Int32 => TensorProto.Types.DataType.Int32,
            TensorElementType.Bool => TensorProto.Types.DataType.Bool,
            TensorElementType.Float16 => TensorProto.Types.DataType.Float16,
            TensorElementType.UInt8 => TensorProto.Types.DataType.Uint8,
            _ => throw new EdgeVisionException($"Cannot fold a constant of type {info.ElementDataType}"),
        };
        var tensor = new TensorProto { DataType = (int)type, RawData = ByteString.CopyFrom(value.GetTensorMutableRawData()) };
        tensor.Dims.AddRange(info.Shape);
        return tensor;
    }
}
