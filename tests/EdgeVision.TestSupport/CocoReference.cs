using System.Text.Json;
using EdgeVision.Evaluation.Coco;

namespace EdgeVision.TestSupport;

/// <summary>Annotations, results and statistics of pycocotools, as ../shared/golden/reference holds them.</summary>
internal sealed class CocoReference
{
    private readonly JsonElement _root;
    private readonly Dictionary<int, int> _classes;

    public CocoReference(string path)
    {
        _root = JsonDocument.Parse(File.ReadAllText(path)).RootElement;
        var truth = _root.GetProperty("gt");
        _classes = truth.GetProperty("categories").EnumerateArray().Select(c => c.GetProperty("id").GetInt32()).Order()
            .Select((id, i) => (id, i)).ToDictionary(p => p.id, p => p.i);
        Images = [.. truth.GetProperty("images").EnumerateArray().OrderBy(i => i.GetProperty("id").GetInt32()).Select(Read)];
    }

    public int ClassCount => _classes.Count;

    public double[] Statistics => Numbers(_root.GetProperty("stats"));

    public List<(List<CocoAnnotation> Truths, List<CocoDetection> Detections)> Images { get; }

    public CocoSummary Evaluate(CocoIouType kind, CocoOptions? options = null)
    {
        var evaluator = new CocoEvaluator(kind, ClassCount, options);
        foreach (var (truths, detections) in Images)
        {
            evaluator.AddImage(truths, detections);
        }

        return evaluator.Summarize();
    }

    private (List<CocoAnnotation> Truths, List<CocoDetection> Detections) Read(JsonElement image)
    {
        int id = image.GetProperty("id").GetInt32(), width = image.GetProperty("width").GetInt32(), height = image.GetProperty("height").GetInt32();
        var truths = Of(_root.GetProperty("gt").GetProperty("annotations"), id).Select(a => new CocoAnnotation(Class(a), BoxOf(a))
        {
            Area = a.GetProperty("area").GetDouble(),
            IsCrowd = a.GetProperty("iscrowd").GetInt32() != 0,
            Mask = MaskOf(a, width, height),
            Keypoints = KeypointsOf(a),
        });
        var detections = Of(_root.GetProperty("dt"), id).Select(d => new CocoDetection(Class(d), d.GetProperty("score").GetDouble(), BoxOf(d))
        {
            Mask = MaskOf(d, width, height),
            Keypoints = KeypointsOf(d),
        });
        return ([.. truths], [.. detections]);
    }

    private int Class(JsonElement element) => _classes[element.GetProperty("category_id").GetInt32()];

    private static IEnumerable<JsonElement> Of(JsonElement list, int image) => list.EnumerateArray().Where(e => e.GetProperty("image_id").GetInt32() == image);

    private static CocoBox BoxOf(JsonElement element) => Numbers(element.GetProperty("bbox")) is var b ? new CocoBox(b[0], b[1], b[2], b[3]) : default;

    private static CocoKeypoint[]? KeypointsOf(JsonElement element) => element.TryGetProperty("keypoints", out var points)
        ? [.. Numbers(points).Chunk(3).Select(p => new CocoKeypoint(p[0], p[1], (int)p[2]))]
        : null;

    private static CocoMask? MaskOf(JsonElement element, int width, int height)
    {
        if (!element.TryGetProperty("segmentation", out var mask))
        {
            return null;
        }

        if (mask.ValueKind == JsonValueKind.Array)
        {
            return CocoMask.FromPolygons([.. mask.EnumerateArray().Select(Numbers)], width, height);
        }

        var counts = mask.GetProperty("counts");
        return counts.ValueKind == JsonValueKind.String
            ? CocoMask.FromCompressed(counts.GetString()!, width, height)
            : CocoMask.FromRuns([.. counts.EnumerateArray().Select(c => c.GetInt32())], width, height);
    }

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetDouble())];
}
