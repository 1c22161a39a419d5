using System.Text.Json;
using EdgeVision.Results;

namespace EdgeVision.Exporter.Data.Folders;

/// <summary>Data set with COCO annotations: boxes, outlines, run-length masks (crowds) and keypoints.</summary>
/// <remarks>The images are in <c>images</c> beside the file or in the folder given in the options.</remarks>
public sealed class CocoSource : LabelledImageSource
{
    private readonly (string Path, List<LabelledObject> Objects, List<(int ClassId, byte[] Mask)> Masks)[] _items;
    private readonly string _name;
    private readonly List<string> _problems = [];
    private readonly bool _lenient;

    /// <summary>Reads the annotations; images are read on demand.</summary>
    /// <exception cref="EdgeVisionException">
    /// The file is not a COCO annotation file; the message says what is missing.
    /// </exception>
    public CocoSource(string path, DataFolderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _lenient = options.SkipInvalidLabels;
        _name = Path.GetFileName(path);
        string images = options.Images.Length > 0 ? options.Images : Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "images");
        try
        {
            using var stream = File.OpenRead(path);
            using var json = JsonDocument.Parse(stream);
            var root = json.RootElement;
            var categories = root.GetProperty("categories").EnumerateArray().ToArray();
            var annotations = root.GetProperty("annotations");
            IReadOnlyDictionary<int, long> Counts() =>
                annotations.EnumerateArray().GroupBy(a => a.GetProperty("category_id").GetInt32())
                    .ToDictionary(g => g.Key, g => g.LongCount());
            var classes = new ClassMap(
                categories.ToDictionary(c => c.GetProperty("id").GetInt32(), c => c.GetProperty("name").GetString() ?? ""), Counts,
                options);
            Labels = Describe(classes, categories);
            var byId = new Dictionary<long, (string, List<LabelledObject>, List<(int, byte[])>)>();
            var sizes = new Dictionary<long, (int Width, int Height)>();
            foreach (var image in root.GetProperty("images").EnumerateArray())
            {
                long id = image.GetProperty("id").GetInt64();
                byId[id] = (Path.Combine(images, image.GetProperty("file_name").GetString() ?? ""), [], []);
                sizes[id] = (image.GetProperty("width").GetInt32(), image.GetProperty("height").GetInt32());
            }

            foreach (var annotation in annotations.EnumerateArray())
            {
                long imageId = annotation.GetProperty("image_id").GetInt64();
                if (classes.GetDenseId(annotation.GetProperty("category_id").GetInt32()) is not (>= 0 and var classId))
                {
                    continue;
                }

                if (!byId.TryGetValue(imageId, out var item))
                {
                    Problem($"annotation {annotation.GetProperty("id")} refers to image {imageId}, which does not exist");
                    continue;
                }

                Read(annotation, classId, item.Item2, item.Item3, sizes[imageId]);
            }

            _items = [.. byId.Values];
        }
        catch (Exception e)
            when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IOException
                or UnauthorizedAccessException)
        {
            throw new EdgeVisionException($"'{path}' is not a COCO annotation file: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <inheritdoc/>
    public override string Description => $"{Count} photos of {_name}, {Labels.Objects.Count} classes";

    /// <inheritdoc/>
    public override int Count => _items.Length;

    /// <inheritdoc/>
    public override DataLabels Labels { get; }

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Problems => _problems;

    /// <inheritdoc/>
    public override LabelledImage Load(int index)
    {
        var (path, objects, masks) = _items[index];
        var picture = DataFolder.ReadImage(path);
        byte[]? mask = null;
        if (objects.Any(o => o.Polygons.Length > 0) || masks.Count > 0)
        {
            mask = PolygonMask.Draw(objects, picture.Width, picture.Height);
            foreach (var (value, plane) in masks.Where(m => m.Mask.Length == mask.Length))
            {
                for (int i = 0; i < mask.Length; i++)
                {
                    mask[i] = plane[i] != 0 ? (byte)value : mask[i];
                }
            }
        }

        return picture with { Objects = objects, Mask = mask };
    }

    private static DataLabels Describe(ClassMap classes, JsonElement[] categories)
    {
        var withPoints = categories.FirstOrDefault(c => c.TryGetProperty("keypoints", out _));
        string[] keypoints = withPoints.ValueKind == JsonValueKind.Object
            ? [.. withPoints.GetProperty("keypoints").EnumerateArray().Select(k => k.GetString() ?? "")]
            : [];
        // Left and right change places in a mirror image; names with neither stay the same.
        int Mirror(string name) =>
            Array.IndexOf(keypoints,
                name.Contains("left", StringComparison.Ordinal)
                    ? name.Replace("left", "right", StringComparison.Ordinal)
                    : name.Replace("right", "left", StringComparison.Ordinal));
        int[] mirrored = [.. keypoints.Select(Mirror)];
        return new DataLabels
        {
            Objects = classes.Names,
            Pixels = ["background", .. classes.Names],
            Keypoints = keypoints,
            MirroredKeypoints = mirrored.Contains(-1) ? [] : mirrored,
            Skeleton = withPoints.ValueKind == JsonValueKind.Object && withPoints.TryGetProperty("skeleton", out var pairs)
                ? [.. pairs.EnumerateArray().Select(p => (p[0].GetInt32() - 1, p[1].GetInt32() - 1))] // counted from 1 in the file
                : [],
        };
    }

    private void Read(JsonElement annotation, int classId, List<LabelledObject> objects, List<(int, byte[])> masks,
        (int Width, int Height) size)
    {
        float[] b = [.. annotation.GetProperty("bbox").EnumerateArray().Select(v => v.GetSingle())];
        if (b.Length != 4 || !(b[2] > 0) || !(b[3] > 0))
        {
            Problem($"annotation {annotation.GetProperty("id")} has an empty box");
            return;
        }

        bool crowd = annotation.TryGetProperty("iscrowd", out var c) && c.GetInt32() != 0;
        float[][] polygons = [];
        if (annotation.TryGetProperty("segmentation", out var segmentation))
        {
            if (segmentation.ValueKind == JsonValueKind.Array)
            {
                polygons = [.. segmentation.EnumerateArray().Select(p => p.EnumerateArray().Select(v => v.GetSingle()).ToArray())
                    .Where(p => p.Length >= 6)];
            }
            else if (segmentation.ValueKind == JsonValueKind.Object)
            {
                masks.Add((crowd ? LabelledImage.IgnoredPixel : classId + 1, RunLengths(segmentation.GetProperty("counts"), size)));
            }
        }

        LabelledKeypoint[] points = [];
        if (annotation.TryGetProperty("keypoints", out var k))
        {
            float[] v = [.. k.EnumerateArray().Select(n => n.GetSingle())];
            points = [.. Enumerable.Range(0, v.Length / 3).Select(i => new LabelledKeypoint(v[3 * i], v[3 * i + 1], (int)v[3 * i + 2]))];
        }

        objects.Add(new LabelledObject(classId, new Box(
            Math.Clamp(b[0], 0, size.Width), Math.Clamp(b[1], 0, size.Height), Math.Clamp(b[0] + b[2], 0, size.Width),
            Math.Clamp(b[1] + b[3], 0, size.Height)))
        {
            Polygons = polygons, Keypoints = points, IsCrowd = crowd,
        });
    }

    // Run lengths by column: COCO's compressed string or a plain list.
    private static byte[] RunLengths(JsonElement counts, (int Width, int Height) size)
    {
        if (counts.ValueKind == JsonValueKind.String)
        {
            return RunLengthMask.Decode(counts.GetString()!, size.Width, size.Height);
        }

        var mask = new byte[size.Width * size.Height];
        long at = 0;
        byte value = 0;
        foreach (var run in counts.EnumerateArray())
        {
            long end = at + run.GetInt64();
            if (end < at || end > mask.Length)
            {
                throw new FormatException("Run lengths do not match the size of the image");
            }

            for (; at < end; at++)
            {
                mask[at % size.Height * size.Width + at / size.Height] = value;
            }

            value ^= 1;
        }

        return mask;
    }

    private void Problem(string line)
    {
        if (!_lenient)
        {
            throw new EdgeVisionException($"{_name}: {line}");
        }

        _problems.Add($"{_name}: {line}; skipped");
    }
}
