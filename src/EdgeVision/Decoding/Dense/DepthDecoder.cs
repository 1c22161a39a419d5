using EdgeVision.Decoding.Common;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Dense;

/// <summary>Decodes distances [N, 1, h, w] in meters: output * <c>scale</c> + <c>offset</c>.</summary>
/// <remarks>With <c>log</c>, exp(output) takes the place of the output.</remarks>
internal sealed class DepthDecoder : OutputDecoder
{
    private readonly int _output;
    private readonly string _name;
    private readonly float _scale, _offset;
    private readonly bool _log;

    public DepthDecoder(DecoderInputs inputs)
    {
        inputs.RequireOutputCount(1, "distances [N, 1, h, w]");
        inputs.RequireShape(0, "distances", -1, 1, -1, -1);
        _output = inputs.OutputIndices[0];
        _name = inputs.GetTensorInfo(0).Name;
        (_scale, _offset, _log) = (inputs.GetFloat("scale", 1), inputs.GetFloat("offset", 0), inputs.GetBool("log", false));
        if (_scale == 0)
        {
            throw new SpecException("parameter 'scale' of decoder 'depth' must not be 0");
        }
    }

    public override OutputKind Produces => OutputKind.Depth;

    public override void SetLabels(VisionResult result, string[] labels)
    {
        // Distances have no classes.
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_output);
        if (shape.Length != 4 || batch >= shape[0] || shape[1] != 1 || shape[2] < 1 || shape[3] < 1)
        {
            throw new ModelFormatException(
                $"decoder 'depth' expects [N, 1, h, w]; the network returned [{string.Join(", ", shape.ToArray())}]");
        }

        int h = (int)shape[2], w = (int)shape[3];
        var from = outputs.GetData(_output).Slice(batch * h * w, h * w);
        FiniteCheck.ThrowIfNotFinite(from, _name);
        var metres = result.Depth.Resize(w, h, transform);
        for (int i = 0; i < metres.Length; i++)
        {
            metres[i] = (_log ? MathF.Exp(from[i]) : from[i]) * _scale + _offset;
        }

        FiniteCheck.ThrowIfNotFinite(metres, _name);
    }
}
