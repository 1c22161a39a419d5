namespace EdgeVision.Exporter.Data;

/// <summary>A picture with every kind of label that a task may learn from; what a data set does not say stays empty.</summary>
/// <param name="Rgb">Pixels, 3 bytes each, rows tight, [Height*Width*3].</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
public sealed record LabelledPicture(byte[] Rgb, int Width, int Height)
{
    /// <summary>A mask pixel that counts for nothing.</summary>
    public const byte IgnoredPixel = 255;

    /// <summary>Name for messages and pictures: a file's name or the index of a drawn scene.</summary>
    public string Name { get; init; } = "";

    /// <summary>Class of the whole picture; -1 when it has none.</summary>
    public int ClassId { get; init; } = -1;

    /// <summary>Individual or near-duplicate family that the picture shows, for metric learning; -1 when unknown.</summary>
    public int Identity { get; init; } = -1;

    /// <summary>Labelled objects.</summary>
    public IReadOnlyList<LabelledObject> Objects { get; init; } = [];

    /// <summary>Class of each pixel, [Height*Width], <see cref="IgnoredPixel"/> where it counts for nothing; null when absent.</summary>
    public byte[]? Mask { get; init; }

    /// <summary>Distance of each pixel, [Height*Width], NaN where unknown; null when absent.</summary>
    public float[]? Depth { get; init; }
}

/// <summary>A labelled object.</summary>
/// <param name="ClassId">Class id.</param>
/// <param name="Box">Box in pixels of the picture.</param>
public sealed record LabelledObject(int ClassId, Box Box)
{
    /// <summary>Outlines in pixels of the picture, x and y in turn; several where an object is in parts; empty when only the box is known.</summary>
    public float[][] Polygons { get; init; } = [];

    /// <summary>Keypoints in pixels of the picture, in the order of the data set's names; empty when there are none.</summary>
    public LabelledKeypoint[] Keypoints { get; init; } = [];

    /// <summary>A group that detections may match without being counted (COCO's iscrowd).</summary>
    public bool Crowd { get; init; }
}

/// <summary>A labelled keypoint.</summary>
/// <param name="X">Column in pixels.</param>
/// <param name="Y">Row in pixels.</param>
/// <param name="Visibility">COCO's: 0 not labelled, 1 labelled and hidden, 2 visible.</param>
public readonly record struct LabelledKeypoint(float X, float Y, int Visibility);
