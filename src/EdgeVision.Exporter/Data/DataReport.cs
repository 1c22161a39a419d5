using System.Security.Cryptography;

namespace EdgeVision.Exporter.Data;

/// <summary>Counts the labels of a data set and collects likely mistakes in it.</summary>
public sealed class DataReport(DataLabels labels)
{
    private const float TinySide = 4; // pixels
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _seen = [];
    private readonly List<string> _duplicates = [], _outside = [], _tiny = [], _empty = [];
    private int _pictures, _minWidth = int.MaxValue, _minHeight = int.MaxValue, _maxWidth, _maxHeight;

    /// <summary>Gets the counts of objects, images and pixels per class, and of other kinds of labels.</summary>
    public IEnumerable<KeyValuePair<string, long>> Counts => _counts;

    /// <summary>Gets the number of images and the range of their sizes as text.</summary>
    public string SizeSummary =>
        _pictures == 0
            ? "no images"
            : $"{_pictures} images, {_minWidth} to {_maxWidth} pixels wide, {_minHeight} to {_maxHeight} pixels high";

    /// <summary>Gets one line for each kind of problem, with an example.</summary>
    public IEnumerable<string> Problems
    {
        get
        {
            foreach (var (list, what) in new[]
            {
                (_empty, "images have no labels"), (_outside, "boxes are empty or reach beyond their image"),
                (_tiny, $"boxes have a side below {TinySide} pixels"), (_duplicates, "images occur twice"),
            })
            {
                if (list.Count > 0)
                {
                    yield return $"{list.Count} {what}, such as {list[0]}";
                }
            }
        }
    }

    /// <summary>Adds an image.</summary>
    public void Add(LabelledImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        _pictures++;
        (_minWidth, _maxWidth) = (Math.Min(_minWidth, image.Width), Math.Max(_maxWidth, image.Width));
        (_minHeight, _maxHeight) = (Math.Min(_minHeight, image.Height), Math.Max(_maxHeight, image.Height));
        string hash = Convert.ToHexString(SHA256.HashData(image.Rgb));
        if (!_seen.TryAdd(hash, image.Name))
        {
            _duplicates.Add($"{image.Name} and {_seen[hash]}");
        }

        if (image.ClassId >= 0)
        {
            Count($"image: {Name(labels.Pictures, image.ClassId)}");
        }

        foreach (var item in image.Objects)
        {
            Object(item, image);
        }

        if (image.Mask is { } mask)
        {
            var pixels = new long[256];
            foreach (byte id in mask)
            {
                pixels[id]++;
            }

            for (int id = 0; id < 256; id++)
            {
                if (pixels[id] > 0)
                {
                    string name = id == LabelledImage.IgnoredPixel ? "ignored" : Name(labels.Pixels, id);
                    _counts[$"pixels: {name}"] = _counts.GetValueOrDefault($"pixels: {name}") + pixels[id];
                }
            }
        }

        if (image.Objects.Count == 0 && image.ClassId < 0 && image.Mask is null && image.Identity < 0)
        {
            _empty.Add(image.Name);
        }
    }

    private void Object(LabelledObject item, LabelledImage picture)
    {
        Count($"object: {Name(labels.Objects, item.ClassId)}");
        if (item.IsCrowd)
        {
            Count("object: crowd");
        }

        var b = item.Box;
        if (b.X1 < -1 || b.Y1 < -1 || b.X2 > picture.Width + 1 || b.Y2 > picture.Height + 1 || !(b.Width > 0) || !(b.Height > 0))
        {
            _outside.Add($"{b} in {picture.Name}");
        }
        else if (b.Width < TinySide || b.Height < TinySide)
        {
            _tiny.Add($"{b} in {picture.Name}");
        }

        if (item.Polygons.Length > 0)
        {
            Count("outlines");
        }

        if (item.Keypoints.Length > 0)
        {
            _counts["keypoints, labelled"] = _counts.GetValueOrDefault("keypoints, labelled") + item.Keypoints.Count(k => k.Visibility > 0);
        }
    }

    private void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;

    private static string Name(IReadOnlyList<string> names, int id) => (uint)id < (uint)names.Count ? names[id] : $"class {id}";
}
