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

/// <summary>Creates decoders by the name given in the spec, and takes decoders of other assemblies.</summary>
/// <remarks>It may be used from several threads at a time.</remarks>
public static class DecoderRegistry
{
    private static readonly Lock Registering = new();

    // Replaced as a whole when a decoder is added, so that reading needs no lock.
    private static volatile Table _table = new(new(StringComparer.Ordinal)
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
    });

    /// <summary>Gets the names of all decoders: the built-in ones, then the registered ones in their order.</summary>
    public static IReadOnlyList<string> Names => _table.Names;

    /// <summary>Adds a decoder, before a model that names it in <c>outputs[].decoder</c> is loaded.</summary>
    /// <param name="name">Name in specs; case matters.</param>
    /// <param name="create">Creates a decoder. It is called several times for a model that runs batches, also from several threads.</param>
    /// <exception cref="ArgumentException">The name is empty or taken; a decoder is never replaced.</exception>
    public static void Register(string name, Func<DecoderInputs, OutputDecoder> create)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(create);
        lock (Registering)
        {
            var decoders = new Dictionary<string, Func<DecoderInputs, OutputDecoder>>(_table.Decoders, StringComparer.Ordinal);
            if (!decoders.TryAdd(name, create))
            {
                throw new ArgumentException(
                    $"decoder '{name}' is registered already; choose a name other than {string.Join(", ", Names)}", nameof(name));
            }

            _table = new Table(decoders);
        }
    }

    /// <summary>Creates the decoder of a head.</summary>
    /// <exception cref="SpecException">The name is unknown, or a parameter is missing or invalid.</exception>
    /// <exception cref="ModelFormatException">The graph's outputs do not match the decoder.</exception>
    public static OutputDecoder Create(ModelSpec spec, OutputSpec output, IReadOnlyList<TensorInfo> graphOutputs, DecoderOptions options)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(output);
        var table = _table;
        if (!table.Decoders.TryGetValue(output.Decoder, out var create))
        {
            throw new SpecException($"decoder must be one of {string.Join(", ", table.Names)}; got '{output.Decoder}'");
        }

        return create(new DecoderInputs(spec, output, graphOutputs, options))
            ?? throw new InvalidOperationException(
                $"the function registered for decoder '{output.Decoder}' must return a decoder; it returned null");
    }

    private sealed class Table(Dictionary<string, Func<DecoderInputs, OutputDecoder>> decoders)
    {
        public Dictionary<string, Func<DecoderInputs, OutputDecoder>> Decoders { get; } = decoders;

        public IReadOnlyList<string> Names { get; } = [.. decoders.Keys];
    }
}
