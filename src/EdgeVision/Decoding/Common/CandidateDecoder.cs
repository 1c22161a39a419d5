using EdgeVision.Decoding.Yolo;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Common;

/// <summary>Base class of decoders that collect boxes in input pixels, suppress them and report the others in frame pixels.</summary>
internal abstract class CandidateDecoder : OutputDecoder
{
    private readonly NonMaxSuppression _nms = new();

    protected CandidateDecoder(DecoderInputs inputs)
    {
        DecoderName = inputs.Output.Decoder;
        Options = inputs.Options;
        LogitThreshold = Options.Confidence is > 0 and < 1
            ? MathF.Log(Options.Confidence / (1 - Options.Confidence)) - 1e-3f
            : float.NegativeInfinity;
    }

    protected string DecoderName { get; }

    protected DecoderOptions Options { get; }

    protected CandidateList Candidates { get; } = new();

    /// <summary>Gets the logit at or below which no sigmoid is computed, because the score is below the threshold.</summary>
    /// <remarks>It includes a margin for the rounding of the sigmoid.</remarks>
    protected float LogitThreshold { get; }

    protected static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));

    protected ModelFormatException ShapeMismatch(string expected, ReadOnlySpan<long> shape) =>
        new($"decoder '{DecoderName}' expects {expected}; the network returned [{string.Join(", ", shape.ToArray())}]");

    /// <summary>Returns the number of classes of an output with <paramref name="channels"/> channels.</summary>
    /// <remarks>
    /// <paramref name="otherChannels"/> of the channels are not classes. With 0 channels or fewer the dimension is dynamic and the labels are
    /// counted. If there are labels, their number must match.
    /// </remarks>
    protected int GetClassCount(DecoderInputs inputs, long channels, int otherChannels, TensorInfo output)
    {
        long classes = channels > 0 ? channels - otherChannels : inputs.Labels.Length;
        return classes is >= 1 and <= 1 << 20 && (inputs.Labels.Length == 0 || inputs.Labels.Length == classes)
            ? (int)classes
            : throw new ModelFormatException(
                $"decoder '{DecoderName}' finds {classes} classes in output {output}, but the spec has {inputs.Labels.Length} labels");
    }

    /// <summary>Suppresses the candidates by class and reports those that are kept.</summary>
    /// <param name="transform">Transform from input to frame.</param>
    /// <param name="result">Result to fill.</param>
    /// <param name="classOffset">Pixels by which classes are moved apart; 0 compares classes, a negative number uses torchvision's
    /// batched_nms.</param>
    /// <param name="maxCandidates">Maximum number of boxes considered.</param>
    protected void Report(in FrameTransform transform, VisionResult result, float classOffset = 0, int maxCandidates = int.MaxValue)
    {
        var kept = Suppress(classOffset, maxCandidates);
        result.Detections.Clear();
        foreach (int k in kept)
        {
            result.Detections.Add(YoloCandidates.ToFrame(Candidates.Boxes[k], transform), Candidates.Scores[k], Candidates.ClassIds[k]);
        }
    }

    protected ReadOnlySpan<int> Suppress(float classOffset = 0, int maxCandidates = int.MaxValue) => Options.ClassAgnostic
        ? _nms.Run(Candidates.Boxes, Candidates.Scores, Options.Iou, Options.MaxDetections, maxCandidates)
        : _nms.Run(
            Candidates.Boxes,
            Candidates.Scores,
            Candidates.ClassIds,
            classOffset < 0 ? Candidates.GetTorchvisionOffset() : classOffset,
            Options.Iou,
            Options.MaxDetections,
            maxCandidates);

    /// <summary>Reports the best candidates by score without suppression; <paramref name="keys"/> is a buffer for sorting.</summary>
    protected void ReportBest(in FrameTransform transform, VisionResult result, ref ulong[] keys)
    {
        if (keys.Length < Candidates.Count)
        {
            keys = new ulong[Math.Max(Candidates.Count, 256)];
        }

        NonMaxSuppression.SortByScore(Candidates.Scores, keys);
        result.Detections.Clear();
        for (int k = 0; k < Math.Min(Candidates.Count, Options.MaxDetections); k++)
        {
            int at = (int)(uint)keys[k];
            result.Detections.Add(YoloCandidates.ToFrame(Candidates.Boxes[at], transform), Candidates.Scores[at], Candidates.ClassIds[at]);
        }
    }
}
