namespace EdgeVision;

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
        inputs.Expect(1, "distances [N, 1, h, w]");
        inputs.ExpectShape(0, "distances", -1, 1, -1, -1);
        _output = inputs.Indices[0];
        _name = inputs.Info(0).Name;
        (_scale, _offset, _log) = (inputs.Float("scale", 1), inputs.Float("offset", 0), inputs.Bool("log", false));
        if (_scale == 0)
        {
            throw new SpecException("parameter 'scale' of decoder 'depth' must not be 0");
        }
    }

    internal override ResultPart Fills => ResultPart.Depth;

    internal override void Name(VisionResult result, string[] labels)
    {
        // Distances have no classes.
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.Shape(_output);
        if (shape.Length != 4 || batch >= shape[0] || shape[1] != 1 || shape[2] < 1 || shape[3] < 1)
        {
            throw new ModelFormatException(
                $"decoder 'depth' expects [N, 1, h, w]; the network returned [{string.Join(", ", shape.ToArray())}]");
        }

        int h = (int)shape[2], w = (int)shape[3];
        var from = outputs.Data(_output).Slice(batch * h * w, h * w);
        Finite.Check(from, _name);
        var metres = result.Depth.Resize(w, h, transform);
        for (int i = 0; i < metres.Length; i++)
        {
            metres[i] = (_log ? MathF.Exp(from[i]) : from[i]) * _scale + _offset;
        }

        Finite.Check(metres, _name);
    }
}
