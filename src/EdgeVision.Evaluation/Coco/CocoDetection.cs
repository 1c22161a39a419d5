namespace EdgeVision.Evaluation.Coco;

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
