namespace EdgeVision;

/// <summary>What <see cref="CocoEvaluator"/> compares.</summary>
public enum CocoKind
{
    /// <summary>IoU of boxes ("bbox").</summary>
    Boxes,

    /// <summary>IoU of masks ("segm").</summary>
    Masks,

    /// <summary>Similarity of keypoints, OKS ("keypoints").</summary>
    Keypoints,
}

/// <summary>A box as COCO's files write it: corner and size in pixels, in double so that the reference's numbers come out to the last digit.</summary>
/// <param name="X">Left edge.</param>
/// <param name="Y">Top edge.</param>
/// <param name="Width">Width, 0 or more.</param>
/// <param name="Height">Height, 0 or more.</param>
public readonly record struct CocoBox(double X, double Y, double Width, double Height)
{
    /// <summary>Width times height, square pixels.</summary>
    public double Area => Width * Height;

    /// <summary>The box between two corners.</summary>
    public static CocoBox FromCorners(double x1, double y1, double x2, double y2) => new(x1, y1, x2 - x1, y2 - y1);

    /// <summary>The runtime's box; corners that a decoder left the wrong way round give a size of 0.</summary>
    public static implicit operator CocoBox(in Box box) =>
        new(box.X1, box.Y1, Math.Max(0, (double)box.X2 - box.X1), Math.Max(0, (double)box.Y2 - box.Y1));
}

/// <summary>One keypoint of an annotation or a result.</summary>
/// <param name="X">Column, pixels.</param>
/// <param name="Y">Row, pixels.</param>
/// <param name="Visibility">In an annotation 0 not labelled, 1 labelled but hidden, 2 visible; in a result it plays no part.</param>
public readonly record struct CocoKeypoint(double X, double Y, int Visibility = 2);

/// <summary>One annotated object.</summary>
/// <param name="ClassId">Class, 0 up to the evaluator's number of classes.</param>
/// <param name="Box">Box in pixels.</param>
public readonly record struct CocoTruth(int ClassId, CocoBox Box)
{
    /// <summary>
    /// Square pixels that say which of small, medium and large it is, and that scale OKS; COCO's files give the area of the
    /// mask. Without it: the mask's where masks are compared, else the box's.
    /// </summary>
    public double? Area { get; init; }

    /// <summary>A group rather than one object ("iscrowd"): any number of detections may lie in it and none counts.</summary>
    public bool Crowd { get; init; }

    /// <summary>The mask, in the plane of the picture; needed where masks are compared.</summary>
    public CocoMask? Mask { get; init; }

    /// <summary>Keypoints, as many as there are sigmas; needed where keypoints are compared.</summary>
    public IReadOnlyList<CocoKeypoint>? Keypoints { get; init; }
}

/// <summary>One detected object.</summary>
/// <param name="ClassId">Class, 0 up to the evaluator's number of classes.</param>
/// <param name="Score">Score; only the order counts.</param>
/// <param name="Box">
/// Box in pixels. Its area says whether the detection is small, medium or large. Where masks are compared the mask's area
/// does, as for COCO results without boxes; where keypoints are compared and there is no box, the rectangle round them.
/// </param>
public readonly record struct CocoDetection(int ClassId, double Score, CocoBox? Box)
{
    /// <summary>The mask, in the plane of the picture; needed where masks are compared.</summary>
    public CocoMask? Mask { get; init; }

    /// <summary>Keypoints, as many as there are sigmas; needed where keypoints are compared.</summary>
    public IReadOnlyList<CocoKeypoint>? Keypoints { get; init; }
}
