namespace EdgeVision.Suppression;

/// <summary>Implementation whose non-maximum suppression is reproduced.</summary>
/// <remarks>
/// Implementations differ in which boxes pass the score gate, which box wins a tie, and how the overlap is rounded. None of them adds 1 to
/// sides.
/// </remarks>
public enum NmsConvention
{
    /// <summary>torchvision's CPU kernel (csrc/ops/cpu/nms_kernel.cpp).</summary>
    /// <remarks>
    /// No score gate; a box is suppressed where IoU &gt; threshold; the lower index wins a tie; boxes without area suppress nothing.
    /// </remarks>
    Torchvision,

    /// <summary>The ONNX operator NonMaxSuppression as ONNX Runtime runs it.</summary>
    /// <remarks>
    /// A box is considered where its score is above the threshold; corners may come in any order; a box is suppressed where IoU &gt;
    /// threshold; the lower index wins a tie.
    /// </remarks>
    Onnx,

    /// <summary>OpenCV's cv::dnn::NMSBoxes (dnn/src/nms.inl.hpp).</summary>
    /// <remarks>
    /// A box is considered where its score is above the threshold, and the best <see cref="NmsOptions.TopK"/> are considered. A box is kept
    /// where the overlap is at most the threshold. <see cref="NmsOptions.Eta"/> shrinks the threshold after each box kept while it is above
    /// 0.5. The overlap is computed in double and rounded to float32; two boxes without area have an overlap of 1.
    /// </remarks>
    OpenCv,

    /// <summary>
    /// supervision's box_non_max_suppression: no score gate; suppressed where IoU &gt; threshold; the later index wins a tie.
    /// </summary>
    Supervision,

    /// <summary>YOLOX's postprocess: a box is considered where its score is at least the threshold; then torchvision's rules.</summary>
    Yolox,
}

/// <summary>Options of non-maximum suppression.</summary>
public sealed record NmsOptions
{
    /// <summary>Gets the implementation whose rules apply.</summary>
    public NmsConvention Convention { get; init; } = NmsConvention.Torchvision;

    /// <summary>Gets the IoU above which the lower-scored of two boxes is suppressed, 0..1.</summary>
    public float Iou { get; init; } = 0.5f;

    /// <summary>Gets the score gate; used only where the convention has one.</summary>
    public float Score { get; init; } = float.NegativeInfinity;

    /// <summary>Gets the maximum number of boxes considered, best first; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Gets the factor on the threshold after each box kept, in (0, 1]; used by <see cref="NmsConvention.OpenCv"/> only.</summary>
    public float Eta { get; init; } = 1;

    /// <summary>Gets the maximum number of boxes kept; 0 for all.</summary>
    public int Limit { get; init; }
}
