namespace EdgeVision.Evaluation.Coco;

/// <summary>One annotated object.</summary>
/// <param name="ClassId">Class, 0 up to the evaluator's number of classes.</param>
/// <param name="Box">Box in pixels.</param>
public readonly record struct CocoAnnotation(int ClassId, CocoBox Box)
{
    /// <summary>Gets the area in square pixels that decides between small, medium and large and scales OKS.</summary>
    /// <remarks>
    /// COCO's files give the area of the mask. When null: the mask's area where masks are compared, else the box's.
    /// </remarks>
    public double? Area { get; init; }

    /// <summary>
    /// Gets whether this is a group of objects ("iscrowd"): any number of detections may match it, and none of them counts.
    /// </summary>
    public bool IsCrowd { get; init; }

    /// <summary>Gets the mask, in pixels of the image; required where masks are compared.</summary>
    public CocoMask? Mask { get; init; }

    /// <summary>Gets the keypoints, as many as there are sigmas; required where keypoints are compared.</summary>
    public IReadOnlyList<CocoKeypoint>? Keypoints { get; init; }
}
