using System.Text.Json;
using EdgeVision.Evaluation;
using EdgeVision.Imaging;

namespace EdgeVision.Cli.Evaluation;

/// <summary>
/// Mean IoU of classes of pixels, in the plane of the picture. Pixels of classes that the model does not know count as its
/// background where it has one, and do not count where it has none; 255 never counts.
/// </summary>
internal sealed class PixelMetric : EvaluationMetric
{
    /// <summary>What a model calls pixels of no class of its own.</summary>
    public const string Background = "background";

    private const byte IgnoredClass = 255;
    private const int MaxClasses = 254;
    private readonly string[] _names;
    private readonly byte[] _ofData = new byte[256];
    private readonly byte[] _ofModel = new byte[256];
    private readonly MeanIou _iou;
    private readonly bool _restIsBackground;
    private readonly int _background;
    private byte[] _found = [];

    /// <summary>A measure without pictures yet.</summary>
    public PixelMetric(IReadOnlyList<string> labels, ClassMatch match)
    {
        Match = match;
        var names = match.Names.Take(MaxClasses).ToList();
        int background = Enumerable.Range(0, labels.Count)
            .FirstOrDefault(i => labels[i].Trim().Equals(Background, StringComparison.OrdinalIgnoreCase), -1);
        int rest = IgnoredClass;
        if (background >= 0 && !match.ByNumber)
        {
            // The data set may have no name for it: then it is what is left over.
            rest = match.OfModel(background);
            if (rest < 0)
            {
                rest = names.Count;
                names.Add(Background);
            }
        }

        _names = [.. names];
        _background = rest != IgnoredClass ? rest : match.OfModel(background);
        _restIsBackground = rest != IgnoredClass && match.DataOnly.Count > 0;

        // One more for what the model takes pixels for and the data set does not know.
        int others = _names.Length;
        for (int id = 0; id < 256; id++)
        {
            int data = match.OfData(id), model = match.OfModel(id);
            _ofData[id] = (byte)(id == IgnoredClass ? IgnoredClass : data >= 0 && data < MaxClasses ? data : rest);
            _ofModel[id] = (byte)(model >= 0 && model < MaxClasses ? model : id == background && rest != IgnoredClass ? rest : others);
        }

        _iou = new MeanIou(others + 1);
    }

    /// <inheritdoc/>
    public override string Name => "segmentation";

    /// <inheritdoc/>
    public override ClassMatch Match { get; }

    // Of classes that occur or were predicted; what is in neither list of names has no IoU of its own.
    private double Mean(Func<int, double> measure) => _iou.Confusion.Mean(c => c < _names.Length ? measure(c) : double.NaN);

    /// <inheritdoc/>
    public override void Add(Sample sample, VisionResult result)
    {
        byte[] truth = GetAnnotation(sample);
        var found = GetPrediction(result);
        _iou.Add(truth, found);
        long hits = 0, counted = 0;
        for (int i = 0; i < truth.Length; i++)
        {
            if (truth[i] != IgnoredClass)
            {
                counted++;
                hits += truth[i] == found[i] ? 1 : 0;
            }
        }

        OwnScores.Add(new ImageScore(sample.Index, counted == 0 ? 1 : (double)hits / counted));
    }

    /// <inheritdoc/>
    public override (string Name, double Value) Headline => ("mIoU", Mean(_iou.Confusion.Iou));

    /// <inheritdoc/>
    public override void Print(TextWriter to, bool perClass)
    {
        to.WriteLine(Name);
        to.WriteLine($"  mean IoU        {Share(Mean(_iou.Confusion.Iou))}");
        to.WriteLine($"  mean Dice       {Share(Mean(_iou.Confusion.F1))}");
        to.WriteLine($"  pixel accuracy  {Share(_iou.PixelAccuracy)}");
        if (_restIsBackground)
        {
            to.WriteLine("  (pixels of classes that the model does not have count as background)");
        }

        if (!perClass)
        {
            return;
        }

        int width = Math.Max(5, _names.Max(n => n.Length));
        to.WriteLine($"  {"class".PadRight(width)}        pixels    IoU   Dice");
        for (int c = 0; c < _names.Length; c++)
        {
            if (!double.IsNaN(_iou.Confusion.Iou(c)))
            {
                string iou = Share(_iou.Confusion.Iou(c)), dice = Share(_iou.Confusion.F1(c));
                to.WriteLine(FormattableString.Invariant(
                    $"  {_names[c].PadRight(width)}  {_iou.Confusion.GroundTruthCount(c),12}  {iou,5}  {dice,5}"));
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter json)
    {
        Write(json, "mean_iou", Mean(_iou.Confusion.Iou));
        Write(json, "mean_dice", Mean(_iou.Confusion.F1));
        Write(json, "pixel_accuracy", _iou.PixelAccuracy);
        json.WriteStartArray("classes");
        for (int c = 0; c < _names.Length; c++)
        {
            json.WriteStartObject();
            json.WriteString("class", _names[c]);
            json.WriteNumber("pixels", _iou.Confusion.GroundTruthCount(c));
            Write(json, "iou", _iou.Confusion.Iou(c));
            Write(json, "dice", _iou.Confusion.F1(c));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <inheritdoc/>
    public override (ComparisonPanel Left, ComparisonPanel Right) Compare(
        Sample sample, VisionResult result, Func<int, LoadedImage> load) => (
        new ComparisonPanel(sample.Image, "annotated") { ClassIds = Shown(GetAnnotation(sample)) },
        new ComparisonPanel(sample.Image, "predicted") { ClassIds = Shown(GetPrediction(result)) });

    // The background is left as it is; every other class has its colour.
    private byte[] Shown(ReadOnlySpan<byte> ids)
    {
        byte[] shown = new byte[ids.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            shown[i] = ids[i] == IgnoredClass ? IgnoredClass : ids[i] == _background ? (byte)0 : (byte)Math.Min(ids[i] + 1, IgnoredClass - 1);
        }

        return shown;
    }

    private byte[] GetAnnotation(Sample sample) => Array.ConvertAll(sample.Pixels, id => _ofData[id]);

    private ReadOnlySpan<byte> GetPrediction(VisionResult result)
    {
        int size = result.FrameWidth * result.FrameHeight;
        if (_found.Length < size)
        {
            _found = new byte[size];
        }

        var found = _found.AsSpan(0, size);
        result.Segmentation.CopyToFrame(found);
        foreach (ref byte id in found)
        {
            id = _ofModel[id];
        }

        return found;
    }
}
