using EdgeVision.Decoding.Common;
using EdgeVision.Decoding.Yolo;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Anchors;

/// <summary>Decodes CenterNet (Zhou et al. 2019, ctdet_decode); no suppression.</summary>
/// <remarks>
/// Heatmap [N, classes, h, w], sizes [N, 2, h, w] and, where the model has them, offsets [N, 2, h, w]. A peak is a cell that none of its
/// eight neighbors exceeds (ties are kept); the <c>topk</c> (100) best over all classes are taken. center = cell + offset, or + 0.5 without
/// offsets; sizes are in cells. <c>activated</c>: the heatmap holds sigmoids already; otherwise logits.
/// </remarks>
internal sealed class CenterNetDecoder : CandidateDecoder
{
    private readonly int _heat;
    private readonly int _sizes;
    private readonly int _offsets = -1;
    private readonly int _classes;
    private readonly int _topK;
    private readonly bool _activated;
    private ulong[] _keys = [];

    public CenterNetDecoder(DecoderInputs inputs)
        : base(inputs)
    {
        bool offsets = inputs.OutputIndices.Count == 3;
        inputs.RequireOutputCount(offsets ? 3 : 2, "heatmap [N, classes, h, w], sizes [N, 2, h, w] and, optionally, offsets [N, 2, h, w]");
        inputs.RequireShape(0, "heatmap", -1, -1, -1, -1);
        inputs.RequireShape(1, "sizes", -1, 2, -1, -1);
        (_heat, _sizes) = (inputs.OutputIndices[0], inputs.OutputIndices[1]);
        if (offsets)
        {
            inputs.RequireShape(2, "offsets", -1, 2, -1, -1);
            _offsets = inputs.OutputIndices[2];
        }

        _activated = inputs.GetBool("activated", false);
        _topK = inputs.GetInt("topk", 100);
        if (_topK < 1)
        {
            throw new SpecException($"parameter 'topk' of decoder '{DecoderName}' must be at least 1; got {_topK}");
        }

        _classes = GetClassCount(inputs, inputs.GetTensorInfo(0).Shape[1], 0, inputs.GetTensorInfo(0));
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_heat);
        if (shape.Length != 4 || shape[1] != _classes || batch >= shape[0])
        {
            throw ShapeMismatch($"[N, {_classes}, h, w]", shape);
        }

        int h = (int)shape[2], w = (int)shape[3], plane = h * w;
        var heat = outputs.GetData(_heat).Slice(batch * _classes * plane, _classes * plane);
        var sizes = GetPair(outputs, _sizes, batch, shape);
        var offsets = _offsets < 0 ? default : GetPair(outputs, _offsets, batch, shape);
        FiniteCheck.ThrowIfNotFinite(heat, outputs.GetName(_heat));
        Candidates.Clear();
        float gate = _activated ? Options.Confidence : LogitThreshold;
        for (int c = 0; c < _classes; c++)
        {
            var map = heat.Slice(c * plane, plane);
            for (int i = 0; i < plane; i++)
            {
                if (map[i] > gate && IsPeak(map, w, h, i % w, i / w))
                {
                    float score = _activated ? map[i] : Sigmoid(map[i]);
                    if (score > Options.Confidence)
                    {
                        Candidates.Add(default, score, c, i);
                    }
                }
            }
        }

        if (_keys.Length < Candidates.Count)
        {
            _keys = new ulong[Math.Max(Candidates.Count, 256)];
        }

        NonMaxSuppression.SortByScore(Candidates.Scores, _keys);
        result.Detections.Clear();
        float strideX = (float)transform.InputWidth / w, strideY = (float)transform.InputHeight / h;
        for (int k = 0; k < Math.Min(Math.Min(Candidates.Count, _topK), Options.MaxDetections); k++)
        {
            int at = (int)(uint)_keys[k], cell = Candidates.SourceIndices[at];
            float cx = cell % w + (offsets.IsEmpty ? 0.5f : offsets[cell]),
                cy = cell / w + (offsets.IsEmpty ? 0.5f : offsets[plane + cell]);
            float hw = sizes[cell] / 2, hh = sizes[plane + cell] / 2;
            var box = new Box((cx - hw) * strideX, (cy - hh) * strideY, (cx + hw) * strideX, (cy + hh) * strideY);
            box = CandidateList.EnsureFinite(box, outputs.GetName(_sizes));
            result.Detections.Add(YoloCandidates.ToFrame(box, transform), Candidates.Scores[at], Candidates.ClassIds[at]);
        }
    }

    private ReadOnlySpan<float> GetPair(TensorSet outputs, int tensor, int batch, ReadOnlySpan<long> heat)
    {
        var shape = outputs.GetShape(tensor);
        if (shape.Length != 4 || shape[0] != heat[0] || shape[1] != 2 || shape[2] != heat[2] || shape[3] != heat[3])
        {
            throw ShapeMismatch($"[{heat[0]}, 2, {heat[2]}, {heat[3]}] to match its heatmap", shape);
        }

        int size = 2 * (int)(heat[2] * heat[3]);
        return outputs.GetData(tensor).Slice(batch * size, size);
    }

    private static bool IsPeak(ReadOnlySpan<float> map, int w, int h, int x, int y)
    {
        float value = map[y * w + x];
        for (int v = Math.Max(y - 1, 0); v <= Math.Min(y + 1, h - 1); v++)
        {
            for (int u = Math.Max(x - 1, 0); u <= Math.Min(x + 1, w - 1); u++)
            {
                if (map[v * w + u] > value)
                {
                    return false;
                }
            }
        }

        return true;
    }
}
