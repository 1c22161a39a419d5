using System.Text.Json;
using EdgeVision.Cli.DataSets;
using EdgeVision.Evaluation;
using EdgeVision.Imaging;

namespace EdgeVision.Cli.Evaluation;

/// <summary>Top-1 and top-5 accuracy, and how often each class was taken for which. All of the model's labels compete.</summary>
internal sealed class ClassificationMetric : EvaluationMetric
{
    // Of a model without labels nobody knows the number of classes; only the best of them are listed anyway.
    private const int Unnamed = 1 << 16;
    private readonly LabelledData _data;
    private readonly TopKAccuracy _accuracy;
    private readonly ConfusionMatrix _confusion;
    private readonly string[] _names;
    private readonly float[] _scores;
    private readonly int[] _modelIds;

    /// <summary>A measure without pictures yet.</summary>
    public ClassificationMetric(LabelledData data, IReadOnlyList<string> labels, ClassMatch match)
    {
        _data = data;
        Match = match;
        _scores = new float[labels.Count > 0 ? labels.Count : Unnamed];
        _accuracy = new TopKAccuracy(_scores.Length);

        // One more for labels that the data set does not know.
        _names = match.ModelOnly.Count > 0 || labels.Count == 0 ? [.. match.Names, "(others)"] : [.. match.Names];
        _confusion = new ConfusionMatrix(_names.Length);
        _modelIds =
        [
            .. Enumerable.Range(0, match.Names.Count).Select(n => Enumerable.Range(0, _scores.Length).First(i => match.OfModel(i) == n)),
        ];
    }

    /// <inheritdoc/>
    public override string Name => "classification";

    /// <inheritdoc/>
    public override ClassMatch Match { get; }

    /// <inheritdoc/>
    public override void Add(Sample sample, VisionResult result)
    {
        int truth = Match.OfData(sample.Entry.ClassId);
        if (truth < 0)
        {
            return; // a class that the model does not know, which was said
        }

        // Classes that are not among the best have a score below any.
        Array.Fill(_scores, -1);
        var c = result.Classification;
        float own = 0;
        for (int i = 0; i < c.Count; i++)
        {
            // Two labels may mean the same class; the better counts.
            int id = Match.OfModel(c.ClassIds[i]) == truth ? _modelIds[truth] : c.ClassIds[i];
            if ((uint)id >= (uint)_scores.Length)
            {
                throw new EdgeVisionException($"the model predicted class {id}, but has only {_scores.Length} classes");
            }

            _scores[id] = Math.Max(_scores[id], c.Scores[i]);
            own = id == _modelIds[truth] ? Math.Max(own, c.Scores[i]) : own;
        }

        _accuracy.Add(_scores, _modelIds[truth]);
        int predicted = c.Count > 0 ? Match.OfModel(c.ClassIds[0]) : -1;
        _confusion.Add(truth, predicted >= 0 ? predicted : _names.Length - 1);
        OwnScores.Add(new ImageScore(sample.Index, predicted == truth ? 1 : own - 1));
    }

    /// <inheritdoc/>
    public override (string Name, double Value) Headline => ("top-1", _accuracy.At(1));

    /// <inheritdoc/>
    public override void Print(TextWriter to, bool perClass)
    {
        to.WriteLine(Name);
        to.WriteLine($"  top-1 accuracy     {Share(_accuracy.At(1))}");
        to.WriteLine($"  top-5 accuracy     {Share(_accuracy.At(5))}");
        to.WriteLine($"  balanced accuracy  {Share(_confusion.BalancedAccuracy)}");
        to.WriteLine($"  macro F1           {Share(_confusion.MacroF1)}");
        if (perClass)
        {
            var lines = _confusion.ToTable(_names).Split('\n', StringSplitOptions.RemoveEmptyEntries).SkipLast(1);
            to.Write(string.Concat(lines.Select(l => $"  {l}\n")));
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter json)
    {
        Write(json, "top1", _accuracy.At(1));
        Write(json, "top5", _accuracy.At(5));
        Write(json, "balanced_accuracy", _confusion.BalancedAccuracy);
        Write(json, "macro_f1", _confusion.MacroF1);
        json.WriteStartArray("classes");
        for (int c = 0; c < Match.Names.Count; c++)
        {
            json.WriteStartObject();
            json.WriteString("class", Match.Names[c]);
            json.WriteNumber("examples", _confusion.GroundTruthCount(c));
            Write(json, "precision", _confusion.Precision(c));
            Write(json, "recall", _confusion.Recall(c));
            Write(json, "f1", _confusion.F1(c));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <inheritdoc/>
    public override (ComparisonPanel Left, ComparisonPanel Right) Compare(Sample sample, VisionResult result, Func<int, LoadedImage> load)
    {
        var c = result.Classification;
        string found = string.Join(", ", Enumerable.Range(0, Math.Min(3, c.Count))
            .Select(i => FormattableString.Invariant($"{c.GetClassLabel(c.ClassIds[i])} {c.Scores[i]:F2}")));
        return (
            new ComparisonPanel(sample.Image, $"annotated {_data.Classes[sample.Entry.ClassId]}"),
            new ComparisonPanel(sample.Image, $"predicted {found}"));
    }
}
