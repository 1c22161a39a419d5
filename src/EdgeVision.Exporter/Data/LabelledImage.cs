namespace EdgeVision.Exporter.Data;

/// <summary>Image with all kinds of labels that a task may learn from; kinds that a data set does not have stay empty.</summary>
/// <param name="Rgb">Pixels, 3 bytes each, rows tight, [Height*Width*3].</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
public sealed record LabelledImage(byte[] Rgb, int Width, int Height)
{
    /// <summary>Mask value of ignored pixels.</summary>
    public const byte IgnoredPixel = 255;

    /// <summary>Name for messages and plots: a file name or the index of a drawn scene.</summary>
    public string Name { get; init; } = "";

    /// <summary>Class of the whole image; -1 if it has none.</summary>
    public int ClassId { get; init; } = -1;

    /// <summary>Individual or near-duplicate family in the image, for metric learning; -1 if unknown.</summary>
    public int Identity { get; init; } = -1;

    /// <summary>Labelled objects.</summary>
    public IReadOnlyList<LabelledObject> Objects { get; init; } = [];

    /// <summary>Class of each pixel, [Height*Width], <see cref="IgnoredPixel"/> for ignored pixels; null when absent.</summary>
    public byte[]? Mask { get; init; }

    /// <summary>Distance of each pixel in metres, [Height*Width], NaN where unknown; null when absent.</summary>
    public float[]? Depth { get; init; }
}

/// <summary>Labelled object.</summary>
/// <param name="ClassId">Class id.</param>
/// <param name="Box">Box in pixels of the image.</param>
public sealed record LabelledObject(int ClassId, Box Box)
{
    /// <summary>Outlines in pixels of the image, x and y alternating; empty if only the box is known.</summary>
    /// <remarks>An object in several parts has several outlines.</remarks>
    public float[][] Polygons { get; init; } = [];

    /// <summary>Keypoints in pixels of the image, in the order of the data set's names; empty if there are none.</summary>
    public LabelledKeypoint[] Keypoints { get; init; } = [];

    /// <summary>Gets whether this is a group that detections may match without being counted (COCO's iscrowd).</summary>
    public bool IsCrowd { get; init; }
}

/// <summary>Labelled keypoint.</summary>
/// <param name="X">Column in pixels.</param>
/// <param name="Y">Row in pixels.</param>
/// <param name="Visibility">COCO's visibility: 0 not labelled, 1 labelled but hidden, 2 visible.</param>
public readonly record struct LabelledKeypoint(float X, float Y, int Visibility);
