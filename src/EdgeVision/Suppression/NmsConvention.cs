namespace EdgeVision;

/// <summary>
/// Whose non-maximum suppression is meant: implementations differ in what passes the score gate, which box wins a tie, and how the
/// overlap is rounded. None of them adds 1 to sides.
/// </summary>
public enum NmsConvention
{
    /// <summary>
    /// torchvision's CPU kernel (csrc/ops/cpu/nms_kernel.cpp): no score gate, a box goes where IoU &gt; threshold, the lower index wins
    /// a tie, boxes without area suppress nothing.
    /// </summary>
    Torchvision,

    /// <summary>
    /// The ONNX operator NonMaxSuppression as ONNX Runtime runs it: a box enters where its score is above the threshold, corners may
    /// come in any order, a box goes where IoU &gt; threshold, the lower index wins a tie.
    /// </summary>
    Onnx,

    /// <summary>
    /// OpenCV's cv::dnn::NMSBoxes (dnn/src/nms.inl.hpp): a box enters where its score is above the threshold, the best
    /// <see cref="NmsOptions.TopK"/> are considered, a box stays where the overlap is at most the threshold, and
    /// <see cref="NmsOptions.Eta"/> shrinks the threshold after each box kept while it is above 0.5. The overlap is computed in double
    /// and rounded to float32; two boxes without area overlap wholly.
    /// </summary>
    OpenCv,

    /// <summary>supervision's box_non_max_suppression: no score gate, a box goes where IoU &gt; threshold, the later index wins a tie.</summary>
    Supervision,

    /// <summary>YOLOX's postprocess: a box enters where its score is at least the threshold; torchvision's rules after that.</summary>
    Yolox,
}

/// <summary>How boxes are suppressed.</summary>
public sealed record NmsOptions
{
    /// <summary>Whose rules hold.</summary>
    public NmsConvention Convention { get; init; } = NmsConvention.Torchvision;

    /// <summary>IoU above which the lower-scored of two boxes goes, 0..1.</summary>
    public float Iou { get; init; } = 0.5f;

    /// <summary>The score gate; read where the convention has one.</summary>
    public float Score { get; init; } = float.NegativeInfinity;

    /// <summary>Most boxes considered, best first; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Factor on the threshold after each box kept, in (0, 1]; <see cref="NmsConvention.OpenCv"/> alone.</summary>
    public float Eta { get; init; } = 1;

    /// <summary>Most boxes kept; 0 for all.</summary>
    public int Limit { get; init; }
}
