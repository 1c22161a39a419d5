using System.Collections.Concurrent;
using System.Globalization;

namespace EdgeVision.Exporter.Data.Folders;

/// <summary>Data set with YOLO labels: a text file per image with one row per object.</summary>
/// <remarks>
/// A row is <c>class cx cy w h</c> or <c>class x1 y1 x2 y2 x3 y3 …</c>, relative to the size of the image. Images without a
/// file have no objects.
/// </remarks>
public sealed class YoloSource : LabelledImageSource
{
    private readonly (string Picture, string Labels)[] _items;
    private readonly ClassMap _classes;
    private readonly bool _lenient;
    private readonly string _name;
    private readonly ConcurrentDictionary<string, byte> _problems = new();

    /// <summary>Lists the images and determines the classes.</summary>
    /// <param name="images">Folder of images.</param>
    /// <param name="labels">Folder of label files with the names of the images.</param>
    /// <param name="names">Class names by id; the ids themselves when null.</param>
    /// <param name="options">Classes to keep, and whether invalid rows are skipped.</param>
    public YoloSource(string images, string labels, IReadOnlyDictionary<int, string>? names, DataFolderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _lenient = options.SkipInvalidLabels;
        _items = [.. DataFolder.EnumerateImages(images)
            .Select(p => (p, Path.Combine(labels, Path.GetRelativePath(images, Path.ChangeExtension(p, ".txt")))))];
        _name = Path.GetFileName(Path.GetFullPath(Path.Combine(labels, "..", "..", "..")) is { Length: > 0 } up ? up : labels);
        if (_items.Length == 0)
        {
            throw new EdgeVisionException($"No image found in '{images}'");
        }

        IReadOnlyDictionary<int, long> Counts() =>
            _items.SelectMany(i => Rows(i.Labels)).GroupBy(r => r.ClassId).ToDictionary(g => g.Key, g => g.LongCount());
        names ??= Counts().Keys.ToDictionary(id => id, id => id.ToString(CultureInfo.InvariantCulture));
        _classes = new ClassMap(names, Counts, options);
        Labels = new DataLabels { Objects = _classes.Names, Pixels = ["background", .. _classes.Names] };
    }

    /// <inheritdoc/>
    public override string Description => $"{Count} photos of {_name}, {Labels.Objects.Count} classes";

    /// <inheritdoc/>
    public override int Count => _items.Length;

    /// <inheritdoc/>
    public override DataLabels Labels { get; }

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Problems => [.. _problems.Keys.Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public override LabelledImage Load(int index)
    {
        var (path, labels) = _items[index];
        var picture = DataFolder.ReadImage(path);
        var objects = new List<LabelledObject>();
        foreach (var (classId, values) in Rows(labels))
        {
            if (_classes.GetDenseId(classId) is >= 0 and var dense)
            {
                objects.Add(values.Length == 4 ? Box(dense, values, picture) : Outline(dense, values, picture));
            }
        }

        bool outlines = objects.Count > 0 && objects.All(o => o.Polygons.Length > 0);
        return picture with { Objects = objects, Mask = outlines ? PolygonMask.Draw(objects, picture.Width, picture.Height) : null };
    }

    private static LabelledObject Box(int classId, float[] v, LabelledImage picture)
    {
        float w = v[2] * picture.Width, h = v[3] * picture.Height, cx = v[0] * picture.Width, cy = v[1] * picture.Height;
        return new LabelledObject(classId, Cut(new Box(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), picture));
    }

    private static LabelledObject Outline(int classId, float[] v, LabelledImage picture)
    {
        float[] polygon = [.. v.Select((x, i) => Math.Clamp(x, 0, 1) * (i % 2 == 0 ? picture.Width : picture.Height))];
        float[] xs = [.. polygon.Where((_, i) => i % 2 == 0)], ys = [.. polygon.Where((_, i) => i % 2 == 1)];
        return new LabelledObject(classId, new Box(xs.Min(), ys.Min(), xs.Max(), ys.Max())) { Polygons = [polygon] };
    }

    private static Box Cut(in Box b, LabelledImage p) => new(
        Math.Clamp(b.X1, 0, p.Width), Math.Clamp(b.Y1, 0, p.Height), Math.Clamp(b.X2, 0, p.Width), Math.Clamp(b.Y2, 0, p.Height));

    private List<(int ClassId, float[] Values)> Rows(string path)
    {
        var rows = new List<(int, float[])>();
        if (!File.Exists(path))
        {
            return rows;
        }

        string[] lines = File.ReadAllLines(path);
        for (int i = 0; i < lines.Length; i++)
        {
            string[] parts = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (parts.Length == 0)
            {
                continue;
            }

            string? problem = Parse(parts, out int classId, out float[] values);
            if (problem is null)
            {
                if (values.Any(v => v is < -0.001f or > 1.001f))
                {
                    _problems.TryAdd($"{Path.GetFileName(path)}, line {i + 1}: reaches beyond the image and is clipped", 0);
                }

                rows.Add((classId, values));
            }
            else if (_lenient)
            {
                _problems.TryAdd($"{Path.GetFileName(path)}, line {i + 1}: {problem}; skipped", 0);
            }
            else
            {
                throw new EdgeVisionException($"{path}, line {i + 1}: {problem}");
            }
        }

        return rows;
    }

    private static string? Parse(string[] parts, out int classId, out float[] values)
    {
        values = [];
        if (!int.TryParse(parts[0], NumberStyles.Integer, CultureInfo.InvariantCulture, out classId) || classId < 0)
        {
            return $"class id must be an integer of at least 0; got '{parts[0]}'";
        }

        if (parts.Length != 5 && (parts.Length < 7 || parts.Length % 2 == 0))
        {
            return $"row must be 'class cx cy w h' or 'class x1 y1 x2 y2 x3 y3 …'; got {parts.Length - 1} numbers after the class";
        }

        values = new float[parts.Length - 1];
        for (int k = 1; k < parts.Length; k++)
        {
            if (!float.TryParse(parts[k], NumberStyles.Float, CultureInfo.InvariantCulture, out values[k - 1])
                || !float.IsFinite(values[k - 1]))
            {
                return $"coordinate must be a finite number; got '{parts[k]}'";
            }
        }

        return parts.Length == 5 && (values[2] <= 0 || values[3] <= 0)
            ? $"width and height must be above 0; got {parts[3]} and {parts[4]}"
            : null;
    }
}
