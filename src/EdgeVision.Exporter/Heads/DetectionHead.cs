using System.Globalization;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Heads;

/// <summary>Objects of an image in pixels of the network's input, without groups (COCO's iscrowd).</summary>
/// <param name="Boxes">Boxes, clipped to the input.</param>
/// <param name="ClassIds">Class of each box.</param>
public sealed record DetectionTarget(Box[] Boxes, int[] ClassIds);

/// <summary>Base class of detection heads: their objects, evaluator and warnings.</summary>
/// <param name="input">The network's input.</param>
/// <param name="classes">Number of classes.</param>
public abstract class DetectionHead(InputSpec input, int classes) : Head
{
    private const float MinSide = 1; // pixels of the input; smaller boxes cannot be learned and break logarithms

    /// <inheritdoc/>
    public override string Name => "detect";

    /// <summary>Gets the network's input.</summary>
    protected InputSpec Input { get; } = input;

    /// <summary>Gets the number of classes, without background.</summary>
    protected int ClassCount { get; } = classes;

    /// <inheritdoc/>
    public override HeadEvaluator CreateEvaluator() => new DetectionHeadEvaluator(ClassCount);

    /// <summary>Returns the anchors that match an object, with its class; none for heads without anchors.</summary>
    /// <param name="target">Result of <see cref="Head.CreateTarget"/>.</param>
    public virtual IEnumerable<LabelledObject> GetMatchedAnchors(object target) => [];

    /// <summary>Returns why no location of the network would learn an object, or null if one does.</summary>
    /// <remarks><paramref name="box"/> is in pixels of the input.</remarks>
    protected abstract string? GetMismatchReason(in Box box);

    /// <summary>Returns the objects of an image that has the size of the input.</summary>
    /// <exception cref="EdgeVisionException">The class of an object is not one of the model's.</exception>
    protected DetectionTarget GetTarget(LabelledImage picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var boxes = new List<Box>();
        var classIds = new List<int>();
        foreach (var item in picture.Objects)
        {
            if (item.ClassId < 0 || item.ClassId >= ClassCount)
            {
                throw new EdgeVisionException(
                    $"Class of an object in image '{picture.Name}' must be between 0 and {ClassCount - 1}; got class {item.ClassId}");
            }

            var box = Cut(item.Box);
            if (!item.IsCrowd && box.Width >= MinSide && box.Height >= MinSide)
            {
                boxes.Add(box);
                classIds.Add(item.ClassId);
            }
        }

        return new DetectionTarget([.. boxes], [.. classIds]);
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Inspect(IReadOnlyList<LabelledImage> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        int objects = 0, outside = 0;
        string firstOutside = "";
        var unmatched = new Dictionary<string, (int Count, string Picture, Box Box)>();
        foreach (var picture in images)
        {
            foreach (var item in picture.Objects.Where(o => !o.IsCrowd))
            {
                objects++;
                var box = item.Box;
                if (box.X1 < -1 || box.Y1 < -1 || box.X2 > picture.Width + 1 || box.Y2 > picture.Height + 1 || !(box.X2 > box.X1)
                    || !(box.Y2 > box.Y1))
                {
                    firstOutside = outside++ == 0 ? $"{picture.Name}: {box} of {picture.Width}x{picture.Height}" : firstOutside;
                }

                var seen = Cut(ToInput(box, picture));
                string? why = seen.Width < MinSide || seen.Height < MinSide
                    ? "is smaller than a pixel of the input"
                    : GetMismatchReason(seen);
                if (why is not null)
                {
                    var known = unmatched.GetValueOrDefault(why, (Count: 0, picture.Name, box));
                    unmatched[why] = known with { Count = known.Count + 1 };
                }
            }
        }

        string Share(int count) =>
            string.Create(CultureInfo.InvariantCulture, $"{count} of {objects} objects ({100.0 * count / objects:F1} %)");
        if (outside > 0)
        {
            yield return $"{Share(outside)}: the box is empty or reaches beyond the image, such as {firstOutside}";
        }

        foreach (var (why, (count, name, box)) in unmatched)
        {
            yield return $"{Share(count)}: the box {why}, such as {box} in {name}";
        }
    }

    private Box Cut(in Box b) => new(
        Math.Clamp(b.X1, 0, Input.Width), Math.Clamp(b.Y1, 0, Input.Height), Math.Clamp(b.X2, 0, Input.Width),
        Math.Clamp(b.Y2, 0, Input.Height));

    // Images to inspect may come before or after letterboxing; those that already fit are not changed.
    private Box ToInput(in Box b, LabelledImage picture)
    {
        float scale = Math.Min((float)Input.Width / picture.Width, (float)Input.Height / picture.Height);
        float x = (Input.Width - picture.Width * scale) / 2, y = (Input.Height - picture.Height * scale) / 2;
        return new Box(b.X1 * scale + x, b.Y1 * scale + y, b.X2 * scale + x, b.Y2 * scale + y);
    }
}
