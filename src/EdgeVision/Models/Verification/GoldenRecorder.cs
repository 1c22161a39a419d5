using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using EdgeVision.Diagnostics;
using EdgeVision.Preprocessing;
using EdgeVision.Results;
using EdgeVision.Specs;
using EdgeVision.Tensors;

namespace EdgeVision.Models.Verification;

/// <summary>Records self-tests: runs a model on an image and records the output of each stage.</summary>
public static class GoldenRecorder
{
    private const int MaxDeflatedLength = 192 * 1024; // characters of a tensor that is recorded in full
    private const int SampleCount = 256;

    /// <summary>Records the golden of one image.</summary>
    /// <param name="model">Model as it will be shipped.</param>
    /// <param name="rgb">RGB bytes without row padding, [height*width*3].</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="name">Name for messages.</param>
    /// <exception cref="EdgeVisionException">The model fails on the image.</exception>
    public static GoldenSpec Record(VisionModel model, byte[] rgb, int width, int height, string name)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rgb);
        var (input, _) = Preprocess(model.Spec.Input, rgb, width, height);
        using var frame = Frame.Borrow(rgb, PixelFormat.Rgb24, width, height);
        var result = new VisionResult();
        model.Run(frame, result);
        var outputs = model.Engine.Results;
        return new GoldenSpec
        {
            Name = name,
            Width = width,
            Height = height,
            Rgb = GoldenData.Deflate(rgb),
            InputSha256 = Checksum.ComputeHex(input),
            Input = Tensor(
                model.Spec.Input.Name ?? "",
                [.. model.Engine.GetInputShape(FindInputIndex(model))],
                ToFloat32(input, model.Spec.Input.Element),
                whole: false),
            Outputs =
            [
                .. Enumerable.Range(0, outputs.Count)
                    .Select(i => Tensor(outputs.GetName(i), outputs.GetShape(i).ToArray(), outputs.GetData(i), whole: true)),
            ],
            Results = ToJson(result, name),
        };
    }

    /// <summary>Returns the index of the graph input that takes the image.</summary>
    internal static int FindInputIndex(VisionModel model) =>
        model.Spec.Input.Name is { } name ? Math.Max(0, model.Engine.Inputs.ToList().FindIndex(i => i.Name == name)) : 0;

    /// <summary>Preprocesses an image to the bytes of the input tensor.</summary>
    internal static (byte[] Bytes, FrameTransform Transform) Preprocess(InputSpec spec, byte[] rgb, int width, int height)
    {
        var bytes = new byte[Preprocessor.GetByteCount(spec)];
        using var frame = Frame.Borrow(rgb, PixelFormat.Rgb24, width, height);
        var transform = new Preprocessor(spec).Process(frame, bytes);
        return (bytes, transform);
    }

    /// <summary>Converts an input tensor's values to float32.</summary>
    internal static float[] ToFloat32(byte[] bytes, TensorElement element) => element switch
    {
        TensorElement.Float32 => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
        TensorElement.Float16 => [.. MemoryMarshal.Cast<byte, Half>(bytes).ToArray().Select(h => (float)h)],
        _ => [.. bytes.Select(b => (float)b)],
    };

    /// <summary>Serializes results as one line of JSON.</summary>
    public static string ToJson(VisionResult result, string name)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            ResultJson.Write(writer, result, name, 0, default, "");
        }

        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static GoldenTensor Tensor(string name, long[] shape, ReadOnlySpan<float> values, bool whole)
    {
        double sum = 0, smallest = double.PositiveInfinity, greatest = double.NegativeInfinity;
        foreach (float v in values)
        {
            sum += Math.Abs((double)v);
            (smallest, greatest) = (Math.Min(smallest, v), Math.Max(greatest, v));
        }

        var tensor = new GoldenTensor
        {
            Name = name,
            Shape = shape,
            MeanAbsolute = values.Length == 0 ? 0 : sum / values.Length,
            Range = values.Length == 0 ? 0 : greatest - smallest,
        };
        if (whole && values.Length <= GoldenData.MaxValues
            && GoldenData.Deflate(MemoryMarshal.AsBytes(values)) is { Length: <= MaxDeflatedLength } data)
        {
            return tensor with { Data = data };
        }

        // Samples are spread evenly; the offset by a prime keeps them from following the tensor's sides.
        int count = Math.Min(SampleCount, values.Length);
        var indices = new int[count];
        var some = new float[count];
        for (int i = 0; i < count; i++)
        {
            indices[i] = (int)((long)i * values.Length / count + i * 7919L % Math.Max(1, values.Length / count));
            some[i] = values[indices[i]];
        }

        return tensor with { Indices = indices, Values = some };
    }
}
