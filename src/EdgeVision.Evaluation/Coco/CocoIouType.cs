namespace EdgeVision.Evaluation.Coco;

/// <summary>Selects the similarity that <see cref="CocoEvaluator"/> computes ("iouType" of COCO).</summary>
public enum CocoIouType
{
    /// <summary>IoU of boxes ("bbox").</summary>
    Boxes,

    /// <summary>IoU of masks ("segm").</summary>
    Masks,

    /// <summary>Similarity of keypoints, OKS ("keypoints").</summary>
    Keypoints,
}
