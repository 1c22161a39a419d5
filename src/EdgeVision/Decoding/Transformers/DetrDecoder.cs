using System.Numerics.Tensors;
using EdgeVision.Decoding.Common;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Transformers;

/// <summary>Decodes transformers that output a set of boxes (DETR, RT-DETR); no suppression.</summary>
/// <remarks>
/// Logits [N, queries, classes] and boxes [N, queries, 4] of cx, cy, w, h as fractions of the input. "detr": the last class is "no object";
/// softmax; the best of the other classes with a score above the threshold. "rt-detr": sigmoid, the <c>topk</c> (300) best of all queries
/// and classes, so one query may yield several detections. With a single output [N, queries, 4 + classes] ("rt-detr", as Ultralytics
/// exports it) the scores are sigmoids already, and the best class of each query is taken.
/// </remarks>
internal sealed class DetrDecoder : CandidateDecoder
{
    private readonly int _logits;
    private readonly int _boxes;
    private readonly int _classes;
    private readonly bool _softmax;
    private readonly bool _rows;
    private readonly int _topK;
    private ulong[] _keys = [];

    public DetrDecoder(DecoderInputs inputs, bool softmax)
        : base(inputs)
    {
        _softmax = softmax;
        _rows = !softmax && inputs.OutputIndices.Count == 1;
        inputs.RequireOutputCount(
            _rows ? 1 : 2,
            softmax
                ? "logits [N, queries, classes + 1] and boxes [N, queries, 4]"
                : "logits [N, queries, classes] and boxes [N, queries, 4], or rows [N, queries, 4 + classes]");
        inputs.RequireShape(0, _rows ? "rows" : "logits", -1, -1, -1);
        _logits = _boxes = inputs.OutputIndices[0];
        if (!_rows)
        {
            inputs.RequireShape(1, "boxes", -1, -1, 4);
            _boxes = inputs.OutputIndices[1];
        }

        _topK = inputs.GetInt("topk", 300);
        if (_topK < 1)
        {
            throw new SpecException($"parameter 'topk' of decoder '{DecoderName}' must be at least 1; got {_topK}");
        }

        _classes = GetClassCount(inputs, inputs.GetDimensionFromEnd(0, 1), _rows ? 4 : softmax ? 1 : 0, inputs.GetTensorInfo(0));
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_logits);
        var boxShape = outputs.GetShape(_boxes);
        int size = _classes + (_rows ? 4 : _softmax ? 1 : 0);
        if (shape.Length != 3 || shape[2] != size || batch >= shape[0] || boxShape.Length != 3 || boxShape[0] != shape[0]
            || boxShape[1] != shape[1] || !_rows && boxShape[2] != 4)
        {
            throw ShapeMismatch($"[N, queries, {size}]{(_rows ? "" : " and [N, queries, 4]")}", shape);
        }

        int queries = (int)shape[1];
        var logits = outputs.GetData(_logits).Slice(batch * queries * size, queries * size);
        var boxes = _rows ? logits : outputs.GetData(_boxes).Slice(batch * queries * 4, queries * 4);
        int boxSize = _rows ? size : 4;
        FiniteCheck.ThrowIfNotFinite(logits, outputs.GetName(_logits));
        Candidates.Clear();
        if (_softmax || _rows)
        {
            for (int q = 0; q < queries; q++)
            {
                DecodeQuery(logits.Slice(q * size, size), boxes.Slice(q * boxSize, 4), q, transform, outputs.GetName(_boxes));
            }
        }
        else
        {
            SelectTopK(logits, boxes, transform, outputs.GetName(_boxes));
        }

        ReportBest(transform, result, ref _keys);
    }

    private void DecodeQuery(ReadOnlySpan<float> row, ReadOnlySpan<float> box, int query, in FrameTransform transform, string name)
    {
        var classes = row.Slice(_rows ? 4 : 0, _classes);
        int best = TensorPrimitives.IndexOfMax(classes);
        float score = classes[best];
        if (_softmax)
        {
            float most = TensorPrimitives.Max(row), sum = 0;
            foreach (float logit in row)
            {
                sum += MathF.Exp(logit - most);
            }

            score = MathF.Exp(score - most) / sum;
        }

        if (score > Options.Confidence)
        {
            Candidates.Add(GetBox(box, transform, name), score, best, query);
        }
    }

    // torch.topk over all queries and classes at once, then the threshold: scores above it beyond the topk best are dropped.
    private void SelectTopK(ReadOnlySpan<float> logits, ReadOnlySpan<float> boxes, in FrameTransform transform, string name)
    {
        if (_keys.Length < logits.Length)
        {
            _keys = new ulong[logits.Length];
        }

        for (int i = 0; i < logits.Length; i++)
        {
            if (logits[i] > LogitThreshold && Sigmoid(logits[i]) is var score && score > Options.Confidence)
            {
                Candidates.Add(default, score, i % _classes, i / _classes);
            }
        }

        int candidates = Candidates.Count;
        NonMaxSuppression.SortByScore(Candidates.Scores, _keys);
        for (int k = 0; k < Math.Min(candidates, _topK); k++)
        {
            int at = (int)(uint)_keys[k], query = Candidates.SourceIndices[at];
            Candidates.Add(GetBox(boxes.Slice(query * 4, 4), transform, name), Candidates.Scores[at], Candidates.ClassIds[at], query);
        }

        Candidates.RemoveFirst(candidates);
    }

    private static Box GetBox(ReadOnlySpan<float> b, in FrameTransform t, string name)
    {
        float cx = b[0], cy = b[1], hw = b[2] / 2, hh = b[3] / 2;
        var box = new Box(
            (cx - hw) * t.InputWidth, (cy - hh) * t.InputHeight, (cx + hw) * t.InputWidth, (cy + hh) * t.InputHeight);
        return CandidateList.EnsureFinite(box, name);
    }
}
