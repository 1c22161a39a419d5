using System.Text.Json;
using EdgeVision.Evaluation.Coco;

namespace EdgeVision.Cli.DataSets;

/// <summary>COCO annotations: boxes, outlines as polygons or run lengths, crowds, keypoints.</summary>
/// <remarks>The file is read one annotation at a time.</remarks>
internal sealed class CocoData : LabelledData
{
    private readonly string _path;
    private readonly LabelProblems _problems;
    private readonly Dictionary<int, string> _classes = [];
    private readonly List<CocoImage> _images = [];
    private readonly List<Annotation>[] _annotations;

    private CocoData(
        string path,
        List<CocoImage> images,
        List<Annotation> annotations,
        List<(int Id, string Name)> categories,
        string? folder,
        LabelProblems problems)
    {
        _path = path;
        _problems = problems;
        foreach (var (id, name) in categories)
        {
            _classes[id] = name;
        }

        // By ascending id, as the reference goes through them: ties of scores are settled by it.
        _images = [.. images.OrderBy(i => i.Id)];
        _annotations = [.. _images.Select(_ => new List<Annotation>())];
        var places = new Dictionary<long, int>();
        for (int i = 0; i < _images.Count; i++)
        {
            places[_images[i].Id] = i;
        }

        foreach (var annotation in annotations)
        {
            if (!places.TryGetValue(annotation.ImageId, out int place))
            {
                Problem(annotation, $"there is no image {annotation.ImageId}");
            }
            else if (!_classes.ContainsKey(annotation.CategoryId))
            {
                Problem(annotation, $"there is no category {annotation.CategoryId}");
            }
            else
            {
                _annotations[place].Add(annotation);
            }
        }

        HasMasks = annotations.Any(a => a.HasMask);
        KeypointCount = annotations.FirstOrDefault(a => a.Keypoints is not null)?.Keypoints!.Length ?? 0;
        Images = [.. _images.Select(i => new LabelledImage(Path.Combine(folder ?? Folder(), i.File)))];
    }

    /// <inheritdoc/>
    public override string Description => $"{Images.Count} images of {_path}, {_classes.Count} classes";

    /// <inheritdoc/>
    public override LabelKind Kind => LabelKind.Objects;

    /// <inheritdoc/>
    public override IReadOnlyList<LabelledImage> Images { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<int, string> Classes => _classes;

    /// <inheritdoc/>
    public override bool HasMasks { get; }

    /// <inheritdoc/>
    public override int KeypointCount { get; }

    /// <summary>Reads a file of annotations.</summary>
    /// <param name="path">File.</param>
    /// <param name="folder">Folder of the pictures; beside the file, or in <c>images</c> beside it, when null.</param>
    /// <param name="problems">Takes broken annotations.</param>
    /// <exception cref="EdgeVisionException">The file is no COCO annotations.</exception>
    public static CocoData Read(string path, string? folder, LabelProblems problems)
    {
        var images = new List<CocoImage>();
        var annotations = new List<Annotation>();
        var categories = new List<(int, string)>();
        try
        {
            var reader = new Utf8JsonReader(File.ReadAllBytes(path));
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                string hint = reader.TokenType == JsonTokenType.StartArray ? "; got an array, as in a file of results" : "";
                throw new EdgeVisionException($"'{path}' must be a JSON object with images, annotations and categories{hint}");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                switch (name)
                {
                    case "images":
                        Each(ref reader, e => images.Add(ReadImage(e)), problems, path, "image");
                        break;
                    case "annotations":
                        Each(ref reader, e => annotations.Add(Annotation.Read(e)), problems, path, "annotation");
                        break;
                    case "categories":
                        Each(ref reader, e => categories.Add(ReadCategory(e)), problems, path, "category");
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }
        }
        catch (JsonException e)
        {
            throw new EdgeVisionException($"'{path}' is not valid JSON: {e.Message.ReplaceLineEndings(" ")}", e);
        }

        return images.Count > 0 && categories.Count > 0
            ? new CocoData(path, images, annotations, categories, folder, problems)
            : throw new EdgeVisionException(
                $"'{path}' has no {(images.Count == 0 ? "images" : "categories")}; "
                + "a COCO annotation file has images, annotations and categories");

        static CocoImage ReadImage(JsonElement e) =>
            new(GetInt64(e, "id"), Property(e, "file_name").GetString() ?? "", Size(e, "width"), Size(e, "height"));

        static (int, string) ReadCategory(JsonElement e) => ((int)GetInt64(e, "id"), Property(e, "name").GetString() ?? "");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<CocoAnnotation> Objects(int picture, int width, int height, bool masks)
    {
        var image = _images[picture];
        if (image.Width > 0 && image.Height > 0 && (image.Width, image.Height) != (width, height))
        {
            throw new EdgeVisionException(
                $"image '{Images[picture].Path}' is {width}x{height}; its annotations are for {image.Width}x{image.Height}");
        }

        var objects = new List<CocoAnnotation>();
        foreach (var annotation in _annotations[picture])
        {
            try
            {
                objects.Add(new CocoAnnotation(annotation.CategoryId, annotation.Box)
                {
                    Area = annotation.Area,
                    IsCrowd = annotation.Crowd,
                    Keypoints = annotation.Keypoints,
                    Mask = masks ? annotation.Mask(width, height) : null,
                });
            }
            catch (EdgeVisionException e)
            {
                Problem(annotation, e.Message);
            }
        }

        return objects;
    }

    private void Problem(Annotation annotation, string message) =>
        _problems.Add(FormattableString.Invariant($"{_path}, annotation {annotation.Id}: {message}"));

    // Where the first picture is found that is anywhere.
    private string Folder()
    {
        string here = Path.GetDirectoryName(Path.GetFullPath(_path))!;
        string[] places = [Path.Combine(here, "images"), here, Path.Combine(here, "..", "images"), Path.Combine(here, "..")];
        foreach (var image in _images)
        {
            if (places.FirstOrDefault(p => File.Exists(Path.Combine(p, image.File))) is { } found)
            {
                return Path.GetFullPath(found);
            }
        }

        throw new UsageException($"no image of '{_path}' found beside it or in 'images'; give the folder of the images with --images");
    }

    private static void Each(ref Utf8JsonReader reader, Action<JsonElement> take, LabelProblems problems, string path, string what)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new EdgeVisionException($"'{path}' must have a list of {what}s");
        }

        for (int i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            var element = JsonElement.ParseValue(ref reader);
            try
            {
                take(element);
            }
            catch (Exception e) when (e is EdgeVisionException or InvalidOperationException or FormatException or OverflowException)
            {
                string id = element.ValueKind == JsonValueKind.Object && element.TryGetProperty("id", out var given)
                    ? given.GetRawText()
                    : FormattableString.Invariant($"at index {i}");
                problems.Add($"{path}, {what} {id}: {e.Message}");
            }
        }
    }

    private static JsonElement Property(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value : throw new EdgeVisionException($"'{name}' is missing");

    // Some tools write ids as 17.0.
    private static long GetInt64(JsonElement element, string name) =>
        Property(element, name) is var value && value.TryGetInt64(out long whole) ? whole
        : value.GetDouble() is var number && number == Math.Floor(number) && Math.Abs(number) < 1e15 ? (long)number
        : throw new FormatException($"{name} must be an integer; got {value.GetRawText()}");

    private static int Size(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : 0;

    private sealed record CocoImage(long Id, string File, int Width, int Height);

    private sealed record Annotation(string Id, long ImageId, int CategoryId, CocoBox Box)
    {
        public double? Area { get; private init; }

        public bool Crowd { get; private init; }

        public CocoKeypoint[]? Keypoints { get; private init; }

        public bool HasMask => _polygons is not null || _counts is not null || _runs is not null;

        private double[][]? _polygons;
        private string? _counts;
        private int[]? _runs;
        private int _width, _height;

        public static Annotation Read(JsonElement e)
        {
            double[] box = Numbers(Property(e, "bbox"));
            if (box.Length != 4 || !(box[2] >= 0 && box[3] >= 0))
            {
                throw new EdgeVisionException("bbox must be [x, y, width, height] with a width and height of at least 0");
            }

            string name = e.TryGetProperty("id", out var id) ? id.GetRawText() : "without id";
            var bounds = new CocoBox(box[0], box[1], box[2], box[3]);
            var annotation = new Annotation(name, GetInt64(e, "image_id"), (int)GetInt64(e, "category_id"), bounds)
            {
                Area = e.TryGetProperty("area", out var area) && area.ValueKind == JsonValueKind.Number && area.GetDouble() > 0
                    ? area.GetDouble()
                    : null,
                Crowd = e.TryGetProperty("iscrowd", out var crowd) && crowd.ValueKind switch
                {
                    JsonValueKind.True => true,
                    JsonValueKind.Number => crowd.GetInt32() != 0,
                    _ => false,
                },
                Keypoints = e.TryGetProperty("keypoints", out var points) && points.ValueKind == JsonValueKind.Array
                    ? Points(Numbers(points))
                    : null,
            };
            if (e.TryGetProperty("segmentation", out var outline))
            {
                annotation.ReadOutline(outline);
            }

            return annotation;
        }

        /// <summary>The mask in a plane of that size.</summary>
        public CocoMask Mask(int width, int height)
        {
            if (_polygons is not null)
            {
                return CocoMask.FromPolygons(_polygons, width, height);
            }

            if (!HasMask)
            {
                throw new EdgeVisionException("the annotation has no segmentation");
            }

            if ((_width, _height) != (width, height))
            {
                throw new EdgeVisionException($"the run lengths are for {_width}x{_height}; the image is {width}x{height}");
            }

            return _counts is not null ? CocoMask.FromCompressed(_counts, width, height) : CocoMask.FromRuns(_runs!, width, height);
        }

        private void ReadOutline(JsonElement outline)
        {
            if (outline.ValueKind == JsonValueKind.Array && outline.GetArrayLength() > 0)
            {
                _polygons = [.. outline.EnumerateArray().Select(Numbers)];
                if (_polygons.Any(p => p.Length < 6 || p.Length % 2 != 0))
                {
                    throw new EdgeVisionException("a polygon must have at least three points, and an even number of coordinates");
                }
            }
            else if (outline.ValueKind == JsonValueKind.Object)
            {
                double[] size = Numbers(Property(outline, "size"));
                if (size.Length != 2 || !size.All(s => s is > 0 and < 100_000))
                {
                    throw new EdgeVisionException("the size of the run lengths must be [height, width]");
                }

                (_height, _width) = ((int)size[0], (int)size[1]);
                var counts = Property(outline, "counts");
                if (counts.ValueKind == JsonValueKind.String)
                {
                    _counts = counts.GetString();
                }
                else
                {
                    _runs = [.. counts.EnumerateArray().Select(c => c.GetInt32())];
                }
            }
        }

        private static CocoKeypoint[] Points(double[] v) => v.Length > 0 && v.Length % 3 == 0
            ? [.. Enumerable.Range(0, v.Length / 3).Select(i => new CocoKeypoint(v[3 * i], v[3 * i + 1], (int)v[3 * i + 2]))]
            : throw new EdgeVisionException($"keypoints must be triples of x, y and visibility; got {v.Length} numbers");

        private static double[] Numbers(JsonElement list)
        {
            double[] numbers = [.. list.EnumerateArray().Select(n => n.GetDouble())];
            return numbers.All(double.IsFinite) ? numbers : throw new EdgeVisionException("a coordinate is not a finite number");
        }
    }
}
