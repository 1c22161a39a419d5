using System.Numerics.Tensors;
using System.Text.Json;
using EdgeVision.Cli.DataSets;
using EdgeVision.Evaluation;
using EdgeVision.Imaging;

namespace EdgeVision.Cli.Evaluation;

/// <summary>Recall and mAP of retrieval: whether the nearest neighbours of an image have its identity.</summary>
/// <remarks>Neighbours are all other images, or, for images of folder <c>query</c>, those of folder <c>gallery</c>.</remarks>
internal sealed class RetrievalMetric(LabelledData data) : EvaluationMetric
{
    private static readonly int[] _ks = [1, 2, 4, 8];
    private readonly List<float> _vectors = [];
    private readonly List<int> _labels = [];
    private readonly List<int> _indices = [];
    private readonly List<bool> _isQuery = [];
    private IReadOnlyList<ImageScore>? _scores;
    private readonly Dictionary<int, (int Nearest, float Cosine)> _nearest = [];
    private int _dimension;

    /// <inheritdoc/>
    public override string Name => "retrieval";

    /// <inheritdoc/>
    public override IReadOnlyList<ImageScore> Scores => _scores ??= Score();

    /// <inheritdoc/>
    public override void Add(Sample sample, VisionResult result)
    {
        var vector = result.Embedding.Values;
        _dimension = vector.Length;
        float length = TensorPrimitives.Norm(vector);
        if (!(length > 0))
        {
            throw new EdgeVisionException($"the embedding of image '{sample.Entry.Path}' is all zeros");
        }

        foreach (float value in vector)
        {
            _vectors.Add(value / length);
        }

        _labels.Add(sample.Entry.ClassId);
        _indices.Add(sample.Index);
        _isQuery.Add(sample.Entry.IsQuery);
    }

    /// <inheritdoc/>
    public override (string Name, double Value) Headline =>
        ("recall@1", Evaluate().RecallAt.TryGetValue(1, out double recall) ? recall : double.NaN);

    /// <inheritdoc/>
    public override void Print(TextWriter to, bool perClass)
    {
        var result = Evaluate();
        to.WriteLine(Name);
        foreach (var (k, recall) in result.RecallAt)
        {
            to.WriteLine(FormattableString.Invariant($"  recall@{k}        {Share(recall)}"));
        }

        to.WriteLine($"  mAP@R           {Share(result.MapAtR)}");
        string lone = result.QueriesWithoutMatch > 0 ? $", and {result.QueriesWithoutMatch} whose identity has no other image" : "";
        to.WriteLine($"  {result.Queries} queries{lone}");
        if (!perClass)
        {
            return;
        }

        int width = Math.Max(8, data.Classes.Values.Max(n => n.Length));
        to.WriteLine($"  {"identity".PadRight(width)}  queries  recall@1");
        foreach (var (name, count, hits) in PerIdentity())
        {
            to.WriteLine(FormattableString.Invariant($"  {name.PadRight(width)}  {count,7}  {Share((double)hits / count),8}"));
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter json)
    {
        var result = Evaluate();
        json.WriteStartObject("recall_at");
        foreach (var (k, recall) in result.RecallAt)
        {
            Write(json, k.ToString(System.Globalization.CultureInfo.InvariantCulture), recall);
        }

        json.WriteEndObject();
        Write(json, "map_at_r", result.MapAtR);
        Write(json, "precision_at_1", result.PrecisionAt1);
        json.WriteNumber("queries", result.Queries);
        json.WriteNumber("lone_queries", result.QueriesWithoutMatch);
        json.WriteStartArray("classes");
        foreach (var (name, count, hits) in PerIdentity())
        {
            json.WriteStartObject();
            json.WriteString("class", name);
            json.WriteNumber("queries", count);
            Write(json, "recall_at_1", (double)hits / count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <inheritdoc/>
    public override (ComparisonPanel Left, ComparisonPanel Right) Compare(Sample sample, VisionResult result, Func<int, LoadedImage> load)
    {
        var (nearest, cosine) = _nearest[sample.Index];
        var other = data.Images[nearest];
        string title = $"{data.Classes[other.ClassId]}: {Path.GetFileName(other.Path)}";
        return (
            new ComparisonPanel(sample.Image, $"{data.Classes[sample.Entry.ClassId]}: {Path.GetFileName(sample.Entry.Path)}"),
            new ComparisonPanel(load(nearest), FormattableString.Invariant($"nearest, {cosine:F2}: {title}")));
    }

    private RetrievalResult Evaluate()
    {
        float[] all = [.. _vectors];
        if (!_isQuery.Contains(true))
        {
            return RetrievalEvaluator.LeaveOneOut(all, [.. _labels], _dimension, _ks);
        }

        int[] queries = [.. Enumerable.Range(0, _labels.Count).Where(i => _isQuery[i])];
        int[] gallery = [.. Enumerable.Range(0, _labels.Count).Where(i => !_isQuery[i])];
        float[] Vectors(int[] rows) => [.. rows.SelectMany(r => new ArraySegment<float>(all, r * _dimension, _dimension))];
        int[] Labels(int[] rows) => [.. rows.Select(r => _labels[r])];
        return RetrievalEvaluator.QueryGallery(Vectors(queries), Labels(queries), Vectors(gallery), Labels(gallery), _dimension, _ks);
    }

    // A query is as good as its nearest like is nearer than its nearest other.
    private List<ImageScore> Score()
    {
        float[] all = [.. _vectors];
        bool split = _isQuery.Contains(true);
        var scores = new List<ImageScore>();
        for (int q = 0; q < _labels.Count; q++)
        {
            if (split && !_isQuery[q])
            {
                continue;
            }

            float like = float.NegativeInfinity, other = float.NegativeInfinity, best = float.NegativeInfinity;
            for (int g = 0; g < _labels.Count; g++)
            {
                if (g == q || split && _isQuery[g])
                {
                    continue;
                }

                float cosine = TensorPrimitives.Dot<float>(all.AsSpan(q * _dimension, _dimension), all.AsSpan(g * _dimension, _dimension));
                if (cosine > best)
                {
                    best = cosine;
                    _nearest[_indices[q]] = (_indices[g], cosine);
                }

                if (_labels[g] == _labels[q])
                {
                    like = Math.Max(like, cosine);
                }
                else
                {
                    other = Math.Max(other, cosine);
                }
            }

            // Who has no like cannot be found and is no fault.
            if (float.IsFinite(like))
            {
                scores.Add(new ImageScore(_indices[q], like >= other ? 1 : like - other));
            }
        }

        return scores;
    }

    private IEnumerable<(string Name, int Queries, int Hits)> PerIdentity() => Scores
        .GroupBy(s => data.Images[s.Index].ClassId)
        .OrderBy(g => g.Key)
        .Select(g => (data.Classes[g.Key], g.Count(), g.Count(s => s.Quality == 1)));
}
