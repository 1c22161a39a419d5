using EdgeVision.Decoding.Anchors;
using EdgeVision.Decoding.Common;
using EdgeVision.Decoding.Dense;
using EdgeVision.Decoding.Faces;
using EdgeVision.Decoding.Pose;
using EdgeVision.Decoding.Rcnn;
using EdgeVision.Decoding.Text;
using EdgeVision.Decoding.Transformers;
using EdgeVision.Decoding.Yolo;
using EdgeVision.Specs;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding;

/// <summary>Creates decoders by the name given in the spec.</summary>
public static class DecoderRegistry
{
    private static readonly Dictionary<string, Func<DecoderInputs, OutputDecoder>> Decoders = new(StringComparer.Ordinal)
    {
        ["yolo-dfl"] = i => new YoloDflDecoder(i, masks: false, pose: false),
        ["yolo-dfl-seg"] = i => new YoloDflDecoder(i, masks: true, pose: false),
        ["yolo-dfl-pose"] = i => new YoloDflDecoder(i, masks: false, pose: true),
        ["yolo-obb"] = i => new YoloObbDecoder(i),
        ["yolo-dfl-raw"] = i => new YoloRawDflDecoder(i),
        ["yolo-anchors"] = i => new YoloAnchorDecoder(i, "v5"),
        ["tiny-yolov2"] = i => new YoloAnchorDecoder(i, "v2"),
        ["yolo-rows"] = i => new YoloRowsDecoder(i, yolox: false),
        ["yolo-rows-seg"] = i => new YoloRowsDecoder(i, yolox: false, masks: true),
        ["yolox"] = i => new YoloRowsDecoder(i, yolox: true),
        ["yolo-end2end"] = i => new YoloEndToEndDecoder(i),
        ["retinanet-anchors"] = i => new RetinaNetDecoder(i),
        ["fcos"] = i => new FcosDecoder(i),
        ["rpn"] = i => new RpnDecoder(i),
        ["nanodet"] = i => new NanoDetDecoder(i),
        ["detr"] = i => new DetrDecoder(i, softmax: true),
        ["rt-detr"] = i => new DetrDecoder(i, softmax: false),
        ["centernet"] = i => new CenterNetDecoder(i),
        ["detections"] = i => new GraphDetectionsDecoder(i),
        ["boxes-scores"] = i => new BoxesScoresDecoder(i),
        ["ssd"] = i => new SsdDecoder(i, raw: true),
        ["ultraface"] = i => new SsdDecoder(i, raw: false),
        ["faster-rcnn"] = i => new FasterRcnnDecoder(i),
        ["mask-rcnn"] = i => new RcnnHeadDecoder(i, masks: true),
        ["keypoint-rcnn"] = i => new RcnnHeadDecoder(i, masks: false),
        ["scrfd"] = i => new ScrfdDecoder(i),
        ["yunet"] = i => new YuNetDecoder(i),
        ["retinaface"] = i => new RetinaFaceDecoder(i),
        ["blazeface"] = i => new MediaPipeDecoder(i, "face"),
        ["mediapipe"] = i => new MediaPipeDecoder(i, "face"),
        ["fastestdet"] = i => new FastestDetDecoder(i),
        ["db-text"] = i => new DbTextDecoder(i),
        ["softmax"] = i => new SoftmaxDecoder(i),
        ["embedding"] = i => new EmbeddingDecoder(i),
        ["segmentation"] = i => new SegmentationDecoder(i),
        ["depth"] = i => new DepthDecoder(i),
        ["heatmap"] = i => new HeatmapDecoder(i),
        ["simcc"] = i => new SimccDecoder(i),
        ["movenet"] = i => new MoveNetDecoder(i, multi: false),
        ["movenet-multipose"] = i => new MoveNetDecoder(i, multi: true),
        ["posenet"] = i => new PoseNetDecoder(i),
    };

    /// <summary>Gets the names of all decoders.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Decoders.Keys];

    /// <summary>Creates the decoder of a head.</summary>
    /// <exception cref="SpecException">The name is unknown, or a parameter is missing or invalid.</exception>
    /// <exception cref="ModelFormatException">The graph's outputs do not match the decoder.</exception>
    public static OutputDecoder Create(ModelSpec spec, OutputSpec output, IReadOnlyList<TensorInfo> graphOutputs, DecoderOptions options)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(output);
        if (!Decoders.TryGetValue(output.Decoder, out var create))
        {
            throw new SpecException($"decoder must be one of {string.Join(", ", Names)}; got '{output.Decoder}'");
        }

        return create(new DecoderInputs(spec, output, graphOutputs, options));
    }
}
