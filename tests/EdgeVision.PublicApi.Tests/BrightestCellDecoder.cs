using EdgeVision.Decoding;
using EdgeVision.Tensors;

namespace EdgeVision.PublicApi.Tests;

/// <summary>Decodes a map [N, 1, h, w] of scores: the greatest cell becomes a box, and its centre a keypoint.</summary>
internal sealed class BrightestCellDecoder : OutputDecoder
{
    public const string Name = "brightest-cell";

    private readonly int _output;
    private readonly float _scale;
    private readonly float _confidence;
    private readonly string _name;

    static BrightestCellDecoder() => DecoderRegistry.Register(Name, inputs => new BrightestCellDecoder(inputs));

    private BrightestCellDecoder(DecoderInputs inputs)
    {
        inputs.RequireOutputCount(1, "scores [N, 1, h, w]");
        inputs.RequireShape(0, "scores", -1, 1, inputs.Spec.Input.Height, inputs.Spec.Input.Width);
        _output = inputs.OutputIndices[0];
        _name = inputs.GetTensorInfo(0).Name;
        _scale = inputs.GetFloat("scale", 1);
        _confidence = inputs.Options.Confidence;
    }

    public override bool ProducesKeypoints => true;

    /// <summary>Registers the decoder; once, however often it is called.</summary>
    public static void EnsureRegistered() =>
        System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(BrightestCellDecoder).TypeHandle);

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_output);
        if (shape.Length != 4 || shape[1] != 1 || batch >= shape[0])
        {
            throw new ModelFormatException(
                $"decoder '{Name}' expects [N, 1, h, w]; the network returned [{string.Join(", ", shape.ToArray())}]");
        }

        int width = (int)shape[3], cells = (int)shape[2] * width, best = 0;
        var scores = outputs.GetData(_output).Slice(batch * cells, cells);
        for (int i = 0; i < cells; i++)
        {
            if (!float.IsFinite(scores[i]))
            {
                throw new InvalidOutputException($"output '{_name}' has a value that is not finite");
            }

            best = scores[i] > scores[best] ? i : best;
        }

        result.Detections.Clear(keypointCount: 1);
        float score = scores[best] * _scale;
        if (score >= _confidence)
        {
            float x = best % width, y = best / width;
            var box = new Box(transform.ToFrameX(x), transform.ToFrameY(y), transform.ToFrameX(x + 1), transform.ToFrameY(y + 1));
            int index = result.Detections.Add(box, score, 0);
            result.Detections.GetMutableKeypoints(index)[0] =
                new Keypoint(transform.ToFrameX(x + 0.5f), transform.ToFrameY(y + 0.5f), score);
        }
    }
}
