namespace EdgeVision;

/// <summary>Selects the similarity that <see cref="CocoEvaluator"/> computes ("iouType" of COCO).</summary>
public enum CocoKind
{
    /// <summary>IoU of boxes ("bbox").</summary>
    Boxes,

    /// <summary>IoU of masks ("segm").</summary>
    Masks,

    /// <summary>Similarity of keypoints, OKS ("keypoints").</summary>
    Keypoints,
}

/// <summary>
/// Box as in COCO's files: top left corner and size in pixels. Double precision, to match the reference's numbers exactly.
/// </summary>
/// <param name="X">Left edge.</param>
/// <param name="Y">Top edge.</param>
/// <param name="Width">Width, 0 or more.</param>
/// <param name="Height">Height, 0 or more.</param>
public readonly record struct CocoBox(double X, double Y, double Width, double Height)
{
    /// <summary>Gets width times height, square pixels.</summary>
    public double Area => Width * Height;

    /// <summary>Creates the box between two corners.</summary>
    public static CocoBox FromCorners(double x1, double y1, double x2, double y2) => new(x1, y1, x2 - x1, y2 - y1);

    /// <summary>Converts a box of the runtime; swapped corners give a size of 0.</summary>
    public static implicit operator CocoBox(in Box box) =>
        new(box.X1, box.Y1, Math.Max(0, (double)box.X2 - box.X1), Math.Max(0, (double)box.Y2 - box.Y1));
}

/// <summary>One keypoint of an annotation or a result.</summary>
/// <param name="X">Column, pixels.</param>
/// <param name="Y">Row, pixels.</param>
/// <param name="Visibility">
/// In an annotation: 0 not labelled, 1 labelled but hidden, 2 visible. Not used in a detection.
/// </param>
public readonly record struct CocoKeypoint(double X, double Y, int Visibility = 2);

/// <summary>One annotated object.</summary>
/// <param name="ClassId">Class, 0 up to the evaluator's number of classes.</param>
/// <param name="Box">Box in pixels.</param>
public readonly record struct CocoTruth(int ClassId, CocoBox Box)
{
    /// <summary>Gets the area in square pixels that decides between small, medium and large and scales OKS.</summary>
    /// <remarks>
    /// COCO's files give the area of the mask. When null: the mask's area where masks are compared, else the box's.
    /// </remarks>
    public double? Area { get; init; }

    /// <summary>
    /// Gets whether this is a group of objects ("iscrowd"): any number of detections may match it, and none of them counts.
    /// </summary>
    public bool Crowd { get; init; }

    /// <summary>Gets the mask, in pixels of the image; required where masks are compared.</summary>
    public CocoMask? Mask { get; init; }

    /// <summary>Gets the keypoints, as many as there are sigmas; required where keypoints are compared.</summary>
    public IReadOnlyList<CocoKeypoint>? Keypoints { get; init; }
}

/// <summary>One detected object.</summary>
/// <param name="ClassId">Class, 0 up to the evaluator's number of classes.</param>
/// <param name="Score">Score; only the order counts.</param>
/// <param name="Box">
/// Box in pixels. Its area decides between small, medium and large. Where masks are compared, the mask's area is used
/// instead, as for COCO results without boxes; where keypoints are compared and there is no box, the area of the keypoints'
/// bounding box.
/// </param>
public readonly record struct CocoDetection(int ClassId, double Score, CocoBox? Box)
{
    /// <summary>Gets the mask, in pixels of the image; required where masks are compared.</summary>
    public CocoMask? Mask { get; init; }

    /// <summary>Gets the keypoints, as many as there are sigmas; required where keypoints are compared.</summary>
    public IReadOnlyList<CocoKeypoint>? Keypoints { get; init; }
}
