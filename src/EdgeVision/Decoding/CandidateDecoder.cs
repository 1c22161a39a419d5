namespace EdgeVision;

/// <summary>What decoders share that gather boxes in input pixels, suppress them and report the rest in frame pixels.</summary>
internal abstract class CandidateDecoder : OutputDecoder
{
    private readonly NmsWorkspace _nms = new();

    protected CandidateDecoder(DecoderInputs inputs)
    {
        DecoderName = inputs.Output.Decoder;
        Options = inputs.Options;
        LogitGate = Options.Confidence is > 0 and < 1 ? MathF.Log(Options.Confidence / (1 - Options.Confidence)) - 1e-3f : float.NegativeInfinity;
    }

    protected string DecoderName { get; }

    protected DecoderOptions Options { get; }

    protected CandidateList Candidates { get; } = new();

    /// <summary>Logits at or below it need no sigmoid: their score cannot pass. The margin covers the sigmoid's rounding.</summary>
    protected float LogitGate { get; }

    protected static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));

    protected ModelFormatException Unfit(string expected, ReadOnlySpan<long> shape) =>
        new($"decoder '{DecoderName}' expects {expected}; the network gave [{string.Join(", ", shape.ToArray())}]");

    /// <summary>Classes of an output with <paramref name="channels"/> channels (0 or below: open) of which <paramref name="others"/> are no classes: one label for each, where labels are named.</summary>
    protected int Classes(DecoderInputs inputs, long channels, int others, TensorInfo output)
    {
        long classes = channels > 0 ? channels - others : inputs.Labels.Length;
        return classes is >= 1 and <= 1 << 20 && (inputs.Labels.Length == 0 || inputs.Labels.Length == classes)
            ? (int)classes
            : throw new ModelFormatException($"decoder '{DecoderName}' finds {classes} classes in output {output}; the spec names {inputs.Labels.Length} labels");
    }

    /// <summary>Suppresses by class, the classes moved apart by <paramref name="classOffset"/> pixels (0 compares them), and reports what stays.</summary>
    /// <param name="transform">From input to frame.</param>
    /// <param name="result">Filled.</param>
    /// <param name="classOffset">Pixels, or a negative number for torchvision's batched_nms.</param>
    /// <param name="candidates">Most boxes considered.</param>
    protected void Report(in FrameTransform transform, VisionResult result, float classOffset = 0, int candidates = int.MaxValue)
    {
        var kept = Suppress(classOffset, candidates);
        result.Detections.Clear();
        foreach (int k in kept)
        {
            result.Detections.Add(YoloCandidates.ToFrame(Candidates.Boxes[k], transform), Candidates.Scores[k], Candidates.ClassIds[k]);
        }
    }

    protected ReadOnlySpan<int> Suppress(float classOffset = 0, int candidates = int.MaxValue) => Options.ClassAgnostic
        ? _nms.Run(Candidates.Boxes, Candidates.Scores, Options.Iou, Options.MaxDetections, candidates)
        : _nms.Run(Candidates.Boxes, Candidates.Scores, Candidates.ClassIds, classOffset < 0 ? Candidates.TorchvisionOffset() : classOffset, Options.Iou, Options.MaxDetections, candidates);

    /// <summary>Reports the best candidates by score without suppression; <paramref name="keys"/> is memory for sorting.</summary>
    protected void ReportBest(in FrameTransform transform, VisionResult result, ref ulong[] keys)
    {
        if (keys.Length < Candidates.Count)
        {
            keys = new ulong[Math.Max(Candidates.Count, 256)];
        }

        NmsWorkspace.Order(Candidates.Scores, keys);
        result.Detections.Clear();
        for (int k = 0; k < Math.Min(Candidates.Count, Options.MaxDetections); k++)
        {
            int at = (int)(uint)keys[k];
            result.Detections.Add(YoloCandidates.ToFrame(Candidates.Boxes[at], transform), Candidates.Scores[at], Candidates.ClassIds[at]);
        }
    }
}
