using System.Globalization;
using EdgeVision.Evaluation.Coco;

namespace EdgeVision.Cli.DataSets;

/// <summary>
/// YOLO labels: for each picture a text file with a row an object, in parts of the picture: <c>class cx cy w h</c>, an outline
/// <c>class x1 y1 x2 y2 x3 y3 …</c>, or a box and its keypoints, <c>class cx cy w h x y [v] …</c>, where <c>kpt_shape</c> says so.
/// A picture without a file has no objects.
/// </summary>
internal sealed class YoloData : LabelledData
{
    // Rounding may put an edge a little outside.
    private const double Tolerance = 1e-3;
    private const int MaxInspectedFiles = 50;
    private readonly string _where;
    private readonly string[] _labels;
    private readonly (int Count, int Numbers) _keypoints;
    private readonly LabelProblems _problems;

    private YoloData(
        string where,
        List<(string Picture, string Labels)> items,
        IReadOnlyDictionary<int, string> classes,
        (int Count, int Numbers) keypoints,
        LabelProblems problems)
    {
        _where = where;
        _labels = [.. items.Select(i => i.Labels)];
        _keypoints = keypoints;
        _problems = problems;
        Images = [.. items.Select(i => new LabelledImage(i.Picture))];
        Classes = classes;
        HasMasks = keypoints.Count == 0 && FirstRowIsOutline();
    }

    /// <inheritdoc/>
    public override string Description =>
        $"{Images.Count} images in {_where}, {(Classes.Count == 0 ? "classes without names" : $"{Classes.Count} classes")}";

    /// <inheritdoc/>
    public override LabelKind Kind => LabelKind.Objects;

    /// <inheritdoc/>
    public override IReadOnlyList<LabelledImage> Images { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<int, string> Classes { get; }

    /// <inheritdoc/>
    public override bool HasMasks { get; }

    /// <inheritdoc/>
    public override int KeypointCount => _keypoints.Count;

    /// <summary>Reads the parts and names of a data.yaml.</summary>
    public static YoloData FromYaml(
        DataYaml yaml, string? images, string? split, IReadOnlyDictionary<int, string>? names, LabelProblems problems)
    {
        var tried = new List<string>();
        foreach (string part in split is null ? DataYaml.Splits : [split])
        {
            var items = new List<(string, string)>();
            var written = yaml.ImagePaths(part);
            foreach (string place in written)
            {
                // Where several sets of labels share their pictures, those lie one folder up.
                string[] places = images is not null
                    ? [images, Path.Combine(images, Below(place))]
                    : [Path.Combine(yaml.Folder, place), Path.Combine(yaml.Folder, "..", place)];
                string? found = places.LastOrDefault(p => Directory.Exists(p) && images is not null)
                    ?? places.FirstOrDefault(p => Directory.Exists(p) || File.Exists(p));
                if (found is null)
                {
                    tried.AddRange(places);
                    items.Clear();
                    break;
                }

                items.AddRange(File.Exists(found)
                    ? Listed(Path.GetFullPath(found))
                    : InFolder(Path.GetFullPath(found), Path.Combine(yaml.Folder, "labels", Below(place))));
            }

            if (items.Count > 0)
            {
                return new YoloData($"{part} of {yaml.Path}", items, names ?? yaml.Names(), yaml.KeypointShape(), problems);
            }
        }

        throw new UsageException(tried.Count == 0
            ? $"'{yaml.Path}' names no images{(split is null ? "" : $" for split '{split}'")}"
            : $"the image folders of '{yaml.Path}' do not exist: {string.Join(", ", tried.Select(Path.GetFullPath).Distinct())}; "
                + "give another with --images");
    }

    /// <summary>Reads a folder with <c>images</c> and <c>labels</c>, both with a subfolder for the part or without.</summary>
    public static YoloData FromFolder(
        string folder, string? images, string? split, IReadOnlyDictionary<int, string> names, LabelProblems problems)
    {
        string labels = Path.Combine(folder, "labels");
        string part = split ?? DataYaml.Splits.FirstOrDefault(s => Directory.Exists(Path.Combine(labels, s))) ?? "";
        string[] places = [Path.Combine(folder, "images", part), Path.Combine(folder, "..", "images", part)];
        string pictures = Path.GetFullPath(images ?? places.FirstOrDefault(Directory.Exists) ?? places[0]);
        if (!Directory.Exists(pictures))
        {
            throw new UsageException($"image folder '{pictures}' does not exist; give another with --images");
        }

        return new YoloData(folder, InFolder(pictures, Path.Combine(labels, part)), names, (0, 0), problems);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<CocoAnnotation> Objects(int picture, int width, int height, bool masks)
    {
        var objects = new List<CocoAnnotation>();
        int line = 0;
        foreach (string row in Rows(_labels[picture]))
        {
            line++;
            if (string.IsNullOrWhiteSpace(row))
            {
                continue;
            }

            try
            {
                objects.Add(Object(row, width, height, masks));
            }
            catch (EdgeVisionException e)
            {
                _problems.Add(FormattableString.Invariant($"{_labels[picture]}, line {line}: {e.Message}"));
            }
        }

        return objects;
    }

    private CocoAnnotation Object(string row, int width, int height, bool masks)
    {
        string[] words = row.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        // Some tools write the class as 3.0.
        if (!double.TryParse(words[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            || number < 0 || number > 1e6 || number != Math.Floor(number))
        {
            throw new EdgeVisionException($"the class id must be an integer of at least 0; got '{words[0]}'");
        }

        int classId = (int)number;
        if (Classes.Count > 0 && !Classes.ContainsKey(classId))
        {
            throw new EdgeVisionException($"class {classId} does not exist");
        }

        double[] values = new double[words.Length - 1];
        for (int i = 0; i < values.Length; i++)
        {
            if (!double.TryParse(words[i + 1], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i])
                || !double.IsFinite(values[i]))
            {
                throw new EdgeVisionException($"a coordinate must be a number; got '{words[i + 1]}'");
            }

            bool isVisibility = _keypoints.Numbers == 3 && i >= 4 && (i - 4) % 3 == 2;
            if (!isVisibility && values[i] is < -Tolerance or > 1 + Tolerance)
            {
                throw new EdgeVisionException($"a coordinate must be between 0 and 1, relative to the image size; got {words[i + 1]}");
            }
        }

        int expected = 4 + _keypoints.Count * _keypoints.Numbers;
        if (_keypoints.Count > 0 && values.Length != expected)
        {
            throw new EdgeVisionException(
                $"a box with {_keypoints.Count} keypoints has {expected} numbers after the class; got {values.Length}");
        }

        if (values.Length == 4 || _keypoints.Count > 0)
        {
            return masks
                ? throw new EdgeVisionException("the row is a box; an outline is needed to compare masks")
                : Box(classId, values, width, height);
        }

        return values.Length >= 6 && values.Length % 2 == 0
            ? Outline(classId, values, width, height, masks)
            : throw new EdgeVisionException(
                $"a box has 4 numbers after the class and an outline an even number of at least 6; got {values.Length}");
    }

    private CocoAnnotation Box(int classId, double[] values, int width, int height)
    {
        double w = values[2] * width, h = values[3] * height;
        if (!(w > 0 && h > 0))
        {
            throw new EdgeVisionException("the box is empty");
        }

        CocoKeypoint[]? points = null;
        if (_keypoints.Count > 0)
        {
            points = new CocoKeypoint[_keypoints.Count];
            for (int k = 0; k < points.Length; k++)
            {
                var point = values.AsSpan(4 + k * _keypoints.Numbers, _keypoints.Numbers);
                // Of two numbers a keypoint, (0, 0) stands for one that nobody placed.
                int visibility = _keypoints.Numbers == 3 ? (int)point[2] : point[0] == 0 && point[1] == 0 ? 0 : 2;
                points[k] = new CocoKeypoint(point[0] * width, point[1] * height, visibility);
            }
        }

        return new CocoAnnotation(classId, new CocoBox(values[0] * width - w / 2, values[1] * height - h / 2, w, h)) { Keypoints = points };
    }

    private static CocoAnnotation Outline(int classId, double[] values, int width, int height, bool masks)
    {
        double[] corners = [.. values.Select((v, i) => v * (i % 2 == 0 ? width : height))];
        double left = double.MaxValue, top = double.MaxValue, right = double.MinValue, bottom = double.MinValue;
        for (int i = 0; i < corners.Length; i += 2)
        {
            (left, right) = (Math.Min(left, corners[i]), Math.Max(right, corners[i]));
            (top, bottom) = (Math.Min(top, corners[i + 1]), Math.Max(bottom, corners[i + 1]));
        }

        return right > left && bottom > top
            ? new CocoAnnotation(classId, CocoBox.FromCorners(left, top, right, bottom))
            {
                Mask = masks ? CocoMask.FromPolygons([corners], width, height) : null,
            }
            : throw new EdgeVisionException("the outline has no area");
    }

    private bool FirstRowIsOutline()
    {
        foreach (string labels in _labels.Where(File.Exists).Take(MaxInspectedFiles))
        {
            string? row = Rows(labels).FirstOrDefault(r => !string.IsNullOrWhiteSpace(r));
            if (row is not null)
            {
                return row.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length >= 7;
            }
        }

        return false;
    }

    private static IEnumerable<string> Rows(string labels)
    {
        if (!File.Exists(labels))
        {
            return [];
        }

        try
        {
            return File.ReadAllLines(labels);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeVisionException($"labels '{labels}' cannot be read: {e.Message}", e);
        }
    }

    // images/val2017 has its labels in labels/val2017.
    private static string Below(string place)
    {
        string trimmed = place.TrimStart('.', '/');
        return trimmed.StartsWith("images", StringComparison.Ordinal) ? trimmed["images".Length..].Trim('/') : trimmed.TrimEnd('/');
    }

    private static List<(string, string)> InFolder(string pictures, string labels)
    {
        string beside = LabelsOf(pictures + "/").TrimEnd('/');
        string folder = Directory.Exists(labels) ? labels : Directory.Exists(beside) ? beside
            : throw new UsageException($"label folder '{labels}' does not exist");
        var items = ImageFinder.FindRecursively(pictures)
            .Select(p => (p, Path.Combine(folder, Path.GetRelativePath(pictures, Path.ChangeExtension(p, ".txt")))))
            .ToList();
        return items.Count > 0 ? items : throw new UsageException($"no image found in '{pictures}'");
    }

    // A text file that lists pictures, relative to it.
    private static IEnumerable<(string, string)> Listed(string list) => File.ReadAllLines(list)
        .Select(l => l.Trim()).Where(l => l.Length > 0)
        .Select(l => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(list)!, l)))
        .Select(p => (p, Path.ChangeExtension(LabelsOf(p), ".txt")));

    // Ultralytics' rule: the last folder called images is called labels.
    private static string LabelsOf(string picture)
    {
        int at = picture.LastIndexOf("/images/", StringComparison.Ordinal);
        return at < 0 ? picture : picture[..at] + "/labels/" + picture[(at + "/images/".Length)..];
    }
}
