using EdgeVision.Decoding;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>What holds for every decoder: it fits its outputs or says why not, refuses broken numbers, allocates nothing.</summary>
public sealed class DecoderFactoryTests
{
    public static TheoryData<string> Decoders => [.. DecoderRegistry.Names];

    [Fact]
    public void An_unknown_name_lists_the_known()
    {
        var e = Assert.Throws<SpecException>(() => DecoderCase.Create("yolo-9000", DecoderCase.SpecOf(64, 64, []), new(0.3f, 0.5f, 300, false)));
        Assert.Contains("yolo-9000", e.Message);
        Assert.All(DecoderRegistry.Names, name => Assert.Contains(name, e.Message));
    }

    [Theory]
    [InlineData("yolo-dfl-pose", "keypoints")]
    [InlineData("retinanet-anchors", "strides")]
    [InlineData("retinanet-anchors", "sizes")]
    [InlineData("retinanet-anchors", "ratios")]
    [InlineData("ssd", "strides")]
    [InlineData("ssd", "minBoxes")]
    public void A_missing_parameter_is_named(string decoder, string parameter)
    {
        var c = DecoderCase.Of(decoder);
        c.Spec.Outputs[0].Parameters.Remove(parameter);
        Assert.Contains(parameter, Assert.Throws<SpecException>(() => c.Create()).Message);
    }

    [Theory]
    [InlineData("yolo-dfl-pose", "keypoints", "[2]")]
    [InlineData("yolo-dfl-pose", "keypoints", "[0, 3]")]
    [InlineData("yolo-dfl-pose", "keypoints", "\"17\"")]
    [InlineData("yolo-dfl-seg", "coefficients", "-1")]
    [InlineData("yolo-dfl-seg", "coefficients", "2000000000")]
    [InlineData("yolo-dfl-seg", "masks", "\"native\"")]
    [InlineData("yolo-dfl-seg", "masks", "true")]
    [InlineData("yolo-dfl-seg", "threshold", "0.5")]
    [InlineData("yolo-rows-seg", "threshold", "\"softmax\"")]
    [InlineData("retinanet-anchors", "strides", "[]")]
    [InlineData("retinanet-anchors", "strides", "[8, 0]")]
    [InlineData("retinanet-anchors", "sizes", "[[8]]")] // one list for two strides
    [InlineData("retinanet-anchors", "sizes", "[[8], []]")]
    [InlineData("retinanet-anchors", "ratios", "[-1]")]
    [InlineData("retinanet-anchors", "topk", "1.5")]
    [InlineData("ssd", "strides", "[]")] // would read regressions as corners
    [InlineData("ssd", "minBoxes", "[[8, 12], [-24]]")]
    [InlineData("ssd", "minBoxes", "[8, 12]")]
    [InlineData("ssd", "variances", "[0.1]")]
    [InlineData("ssd", "scales", "[0.1, 0.2]")] // one more than strides
    [InlineData("ssd", "topk", "0")]
    [InlineData("scrfd", "strides", "[]")]
    [InlineData("scrfd", "strides", "[8, -16, 32]")]
    [InlineData("scrfd", "anchorsPerCell", "0")]
    [InlineData("scrfd", "anchorsPerCell", "67108864")] // times 64 cells is 0 in 32 bits
    [InlineData("fcos", "strides", "[2147483647]")] // one more is negative
    [InlineData("yunet", "strides", "[0, 16, 32]")]
    [InlineData("blazeface", "strides", "[0]")]
    [InlineData("blazeface", "keypoints", "-3")]
    [InlineData("softmax", "top", "true")]
    [InlineData("softmax", "applied", "1")]
    [InlineData("embedding", "normalize", "\"yes\"")]
    [InlineData("faster-rcnn", "weights", "[10, 10, 5]")]
    [InlineData("faster-rcnn", "weights", "[10, 10, 0, 5]")]
    [InlineData("faster-rcnn", "weights", "10")]
    [InlineData("yolo-dfl-raw", "bins", "0")]
    [InlineData("yolo-anchors", "formula", "\"v6\"")]
    [InlineData("yolo-anchors", "anchors", "[[10]]")] // a width without a height
    [InlineData("yolo-anchors", "anchors", "[[10, 13], [20, 20]]")] // two lists for one stride
    [InlineData("yolo-anchors", "scaleXy", "[0]")]
    [InlineData("tiny-yolov2", "anchors", "[[-1, 13]]")]
    [InlineData("yolox", "strides", "[0]")]
    [InlineData("yolox", "decoded", "1")]
    [InlineData("fcos", "topk", "0")]
    [InlineData("rpn", "preNms", "0")]
    [InlineData("rpn", "sizes", "[[8]]")] // one list for two strides
    [InlineData("rpn", "sizes", "[[8], [16, 32]]")] // as many a level are wanted
    [InlineData("nanodet", "bins", "1")]
    [InlineData("rt-detr", "topk", "0")]
    [InlineData("centernet", "topk", "0")]
    [InlineData("detections", "format", "\"xywh\"")]
    [InlineData("detections", "order", "[\"boxes\", \"boxes\", \"scores\", \"count\"]")]
    [InlineData("detections", "order", "[\"boxes\", \"labels\", \"scores\", \"count\"]")]
    [InlineData("detections", "columns", "[\"x1\", \"y1\"]")]
    [InlineData("boxes-scores", "format", "\"xywh\"")]
    [InlineData("boxes-scores", "scores", "\"planes\"")]
    [InlineData("retinaface", "minSizes", "[[8], [16]]")]
    [InlineData("retinaface", "variances", "[0.1]")]
    [InlineData("mediapipe", "preset", "\"hand\"")]
    [InlineData("segmentation", "threshold", "0")]
    [InlineData("segmentation", "threshold", "1")]
    [InlineData("segmentation", "threshold", "\"half\"")]
    [InlineData("depth", "scale", "0")] // all would lie at one distance
    [InlineData("depth", "scale", "1e39")] // beyond a float
    [InlineData("depth", "offset", "-1e39")]
    [InlineData("depth", "log", "1")]
    [InlineData("heatmap", "refinement", "\"best\"")]
    [InlineData("heatmap", "refinement", "11")]
    [InlineData("heatmap", "kernel", "10")]
    [InlineData("heatmap", "kernel", "1")]
    [InlineData("heatmap", "kernel", "65")]
    [InlineData("simcc", "splitRatio", "0")]
    [InlineData("simcc", "splitRatio", "-2")]
    [InlineData("simcc", "splitRatio", "1e39")]
    [InlineData("simcc", "softmax", "0")]
    [InlineData("db-text", "threshold", "1")] // no probability is above
    [InlineData("db-text", "boxThreshold", "1.5")]
    [InlineData("db-text", "unclip", "-1")]
    [InlineData("db-text", "minSize", "-1")]
    [InlineData("db-text", "maxCandidates", "0")]
    [InlineData("movenet", "keypointThreshold", "\"low\"")]
    [InlineData("posenet", "poses", "\"several\"")]
    [InlineData("posenet", "poses", "3")]
    [InlineData("posenet", "layout", "\"nwhc\"")]
    [InlineData("posenet", "stride", "0")]
    [InlineData("posenet", "maxPoses", "0")]
    [InlineData("posenet", "maxPoses", "2000000000")] // memory is taken for them
    [InlineData("posenet", "nmsRadius", "-1")]
    [InlineData("posenet", "activated", "1")]
    public void An_impossible_parameter_is_refused(string decoder, string parameter, string json)
    {
        var c = DecoderCase.Of(decoder);
        c.Spec.Outputs[0].Parameters[parameter] = System.Text.Json.JsonDocument.Parse(json).RootElement;
        var e = Assert.Throws<SpecException>(() => c.Create());
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Anchors_are_counted_before_any_is_made()
    {
        string sizes = string.Join(',', Enumerable.Repeat("8", 1000));
        var spec = DecoderCase.SpecOf(4096, 4096, ["a"], $$"""{"strides": [1], "sizes": [[{{sizes}}]], "ratios": [1]}""");
        var e = Assert.Throws<SpecException>(() => DecoderCase.Create("retinanet-anchors", spec, new(0.3f, 0.5f, 300, false), ("l", [1, 5, 1]), ("d", [1, 5, 4])));
        Assert.Contains("16777216000", e.Message);
    }

    [Fact]
    public void Tensors_are_found_by_name_in_the_decoder_s_order()
    {
        var c = DecoderCase.Of("retinanet-anchors");
        c.Spec.Outputs[0].Tensors = ["cls_logits", "bbox_regression"];
        var straight = Decoded(c.Create(), c.Tensors(1), c.Transform);
        var t = c.Tensors(1);
        (string, long[], float[]) Of(int i) => (t.GetName(i), t.GetShape(i).ToArray(), t.GetData(i).ToArray());
        (string, long[], float[]) other = ("aux", [1, 2], [0f, 0f]);
        var decoder = DecoderCase.Create(c.Decoder, c.Spec, c.Options, ("bbox_regression", [1, 80, 4]), ("aux", [1, 2]), ("cls_logits", [1, 80, 3]));
        Assert.Equal(straight, Decoded(decoder, new ArrayTensorSet(Of(1), other, Of(0)), c.Transform));

        c.Spec.Outputs[0].Tensors = ["cls_logits", "deltas"];
        var e = Assert.Throws<SpecException>(() => c.Create());
        Assert.Contains("deltas", e.Message);
        Assert.Contains("bbox_regression", e.Message);
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Results_are_sorted_and_lie_in_the_frame(string decoder)
    {
        var c = DecoderCase.Of(decoder);
        var result = new VisionResult();
        c.Create().Decode(c.Tensors(1), 0, c.Transform, result);
        if (!c.FindsBoxes)
        {
            Assert.True(result.Classification.Count + result.Embedding.Count + result.Segmentation.Width + result.Depth.Width + result.Detections.KeypointCount > 0);
            return;
        }

        Assert.True(result.Detections.Count > 1, "the case is empty");
        float last = 1;
        for (int i = 0; i < result.Detections.Count; i++)
        {
            var box = result.Detections.Boxes[i];
            Assert.InRange(result.Detections.Scores[i], c.Options.Confidence, last);
            Assert.InRange(box.X1, 0, box.X2);
            Assert.InRange(box.Y1, 0, box.Y2);
            Assert.True(box.X2 <= 200 && box.Y2 <= 100, box.ToString());
            last = result.Detections.Scores[i];
        }
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void The_second_item_of_a_batch_is_what_it_is_alone(string decoder)
    {
        var c = DecoderCase.Of(decoder);
        if (c.OneItem)
        {
            Assert.Throws<ModelFormatException>(() => c.Create().Decode(c.Tensors(1), 1, c.Transform, new VisionResult()));
            return;
        }

        ArrayTensorSet first = c.Tensors(1), second = c.Tensors(2);
        var both = c.Batch(first, second);
        string alone = Decoded(c.Create(), second, c.Transform);
        var infos = c.Outputs.Select(o => (o.Name, (long[])[-1, .. o.Shape[1..]])).ToArray();
        var batched = DecoderCase.Create(c.Decoder, c.Spec, c.Options, infos);
        Assert.Equal(Decoded(batched, first, c.Transform), Decoded(batched, both, c.Transform));
        var result = new VisionResult();
        batched.Decode(both, 1, c.Transform, result);
        Assert.Equal(alone, DecoderCase.Show(result));
        if (c.SharesRows)
        {
            batched.Decode(both, 2, c.Transform, result); // an item without a row found nothing
            Assert.Equal(0, result.Detections.Count);
            return;
        }

        Assert.Throws<ModelFormatException>(() => batched.Decode(both, 2, c.Transform, result)); // there is no third
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Nothing_passes_a_threshold_of_one(string decoder)
    {
        var c = DecoderCase.Of(decoder);
        var result = new VisionResult();
        c.Create(c.Options with { Confidence = 1 }).Decode(c.Tensors(1), 0, c.Transform, result);

        // Top-down poses are asked of a figure that is known to be there.
        Assert.Equal(decoder is "heatmap" or "simcc" ? 1 : 0, result.Detections.Count);
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Without_a_threshold_boxes_are_still_numbers(string decoder)
    {
        // All scores as low as they go: weights of 0 must not divide.
        var c = DecoderCase.Of(decoder);
        var tensors = c.Tensors(1);
        var low = new ArrayTensorSet([.. c.Outputs.Select((o, i) => (o.Name, o.Shape, c.Scores.Contains(i) && o.Shape[^1] == 1
            ? [.. Enumerable.Repeat(decoder is "blazeface" or "mediapipe" ? -1000f : 0f, tensors.GetData(i).Length)]
            : tensors.GetData(i).ToArray()))]);
        var result = new VisionResult();
        c.Create(c.Options with { Confidence = 0 }).Decode(low, 0, c.Transform, result);
        for (int i = 0; i < result.Detections.Count; i++)
        {
            var b = result.Detections.Boxes[i];
            Assert.True(float.IsFinite(b.X1 + b.Y1 + b.X2 + b.Y2 + result.Detections.Scores[i]));
        }
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Most_detections_are_the_best(string decoder)
    {
        var c = DecoderCase.Of(decoder);
        var all = new VisionResult();
        var two = new VisionResult();
        c.Create().Decode(c.Tensors(1), 0, c.Transform, all);
        c.Create(c.Options with { MaxDetections = 2 }).Decode(c.Tensors(1), 0, c.Transform, two);
        Assert.Equal(Math.Min(2, all.Detections.Count), two.Detections.Count);
        Assert.Equal(all.Detections.Scores[..two.Detections.Count].ToArray(), two.Detections.Scores.ToArray());
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Broken_scores_are_refused_wherever_they_lie(string decoder)
    {
        var c = DecoderCase.Of(decoder);
        var instance = c.Create();
        var result = new VisionResult();
        foreach (int output in c.Scores)
        {
            foreach (float broken in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
            {
                var tensors = c.Tensors(3);
                float[] data = tensors.GetData(output).ToArray();
                var set = new ArrayTensorSet([.. c.Outputs.Select((o, i) => (o.Name, o.Shape, i == output ? data : tensors.GetData(i).ToArray()))]);

                // YOLO rows: scores are rows 4 to 6 (4 alone for pose); elsewhere the whole tensor counts.
                var (from, to) = c.ScoreRange ?? decoder switch
                {
                    "yolo-dfl" or "yolo-dfl-seg" or "yolo-obb" => (4 * 53, 7 * 53),
                    "yolo-dfl-pose" => (4 * 53, 5 * 53),
                    _ => (0, data.Length),
                };
                for (int i = from; i < to; i++)
                {
                    float was = data[i];
                    data[i] = broken;
                    var e = Assert.Throws<InvalidOutputException>(() => instance.Decode(set, 0, c.Transform, result));
                    Assert.Contains(c.Outputs[output].Name, e.Message);
                    Assert.DoesNotContain('\n', e.Message);
                    data[i] = was;
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Broken_coordinates_of_what_passes_are_refused(string decoder)
    {
        // Every number of one output, or of its rows that are no scores, is broken: boxes, keypoints, angles, coefficients.
        var c = DecoderCase.Of(decoder);
        var instance = c.Create();
        for (int output = 0; output < c.Outputs.Length; output++)
        {
            foreach (float broken in (float[])[float.NaN, float.PositiveInfinity])
            {
                var tensors = c.Tensors(4);
                int rows = decoder switch { "yolo-dfl" => 4, "yolo-dfl-pose" => 11, "yolo-dfl-seg" => 15, "yolo-obb" => 8, _ => 1 };
                if (output > 0)
                {
                    rows = 1;
                }

                for (int row = 0; row < rows; row++)
                {
                    float[][] data = [.. Enumerable.Range(0, tensors.Count).Select(i => tensors.GetData(i).ToArray())];
                    int size = data[output].Length / (rows == 4 ? 7 : rows);
                    data[output].AsSpan(row * size, size).Fill(broken);
                    var set = new ArrayTensorSet([.. c.Outputs.Select((o, i) => (o.Name, o.Shape, data[i]))]);
                    Assert.Throws<InvalidOutputException>(() => instance.Decode(set, 0, c.Transform, new VisionResult()));
                }
            }
        }
    }

    [Theory]
    [InlineData("yolo-rows", 4, 5)] // row 0: objectness, first class
    [InlineData("yolox", 4, 5)]
    [InlineData("fastestdet", 0, 5 * 49)] // cell 0
    public void Scores_whose_product_is_infinite_are_refused(string decoder, int objectness, int classScore)
    {
        // Each number for itself is finite. FastestDet's powers, 0.6 and 0.4, add up to a little more than 1 in float32.
        var c = DecoderCase.Of(decoder);
        float[] data = new float[c.Outputs[0].Shape.Aggregate(1L, (a, b) => a * b)];
        (data[objectness], data[classScore]) = (float.MaxValue, float.MaxValue);
        var e = Assert.Throws<InvalidOutputException>(() => c.Create().Decode(new ArrayTensorSet((c.Outputs[0].Name, c.Outputs[0].Shape, data)), 0, c.Transform, new VisionResult()));
        Assert.Contains("infinite", e.Message);
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void A_shape_that_does_not_fit_is_an_error_of_ours(string decoder)
    {
        // One dimension more, less, longer, shorter or empty, in the graph and in the run: read, or refused; never a crash.
        var c = DecoderCase.Of(decoder);
        int refused = 0;
        for (int output = 0; output < c.Outputs.Length; output++)
        {
            long[] shape = c.Outputs[output].Shape;
            List<long[]> others = [[], [.. shape, 1], shape[1..], [.. shape, 3], [1, .. shape]];
            for (int d = 0; d < shape.Length; d++)
            {
                foreach (long size in (long[])[0, 1, shape[d] - 1, shape[d] + 1, 2 * shape[d]])
                {
                    long[] changed = [.. shape];
                    changed[d] = size;
                    if (size != shape[d])
                    {
                        others.Add(changed);
                    }
                }
            }

            var good = c.Create();
            foreach (long[] other in others)
            {
                var infos = c.Outputs.Select((o, i) => (o.Name, i == output ? other : o.Shape)).ToArray();
                var random = new Random(1);
                var run = new ArrayTensorSet([.. c.Outputs.Select((o, i) => (o.Name, i == output ? other : o.Shape, DecoderCase.Values(random, i == output ? other : o.Shape, o.Fill)))]);
                refused += Refused(() => DecoderCase.Create(decoder, c.Spec, c.Options, infos).Decode(run, 0, c.Transform, new VisionResult()));
                refused += Refused(() => good.Decode(run, 0, c.Transform, new VisionResult()));
            }
        }

        Assert.True(refused > 5, $"only {refused} shapes were refused");

        static int Refused(Action action)
        {
            try
            {
                action();
                return 0;
            }
            catch (EdgeVisionException e) when (e is ModelFormatException or InvalidOutputException)
            {
                Assert.DoesNotContain('\n', e.Message);
                return 1;
            }
        }
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Too_few_or_too_many_outputs_are_refused(string decoder)
    {
        var c = DecoderCase.Of(decoder);
        var infos = c.Outputs.Select(o => (o.Name, o.Shape)).ToArray();
        Assert.Throws<ModelFormatException>(() => DecoderCase.Create(decoder, c.Spec, c.Options));
        Assert.Throws<ModelFormatException>(() => DecoderCase.Create(decoder, c.Spec, c.Options, infos[..^1]));
        Assert.Throws<ModelFormatException>(() => DecoderCase.Create(decoder, c.Spec, c.Options, [.. infos, ("more", [1, 3])]));
    }

    [Theory]
    [InlineData("yolo-dfl")]
    [InlineData("yolo-dfl-seg")]
    [InlineData("yolo-obb")]
    [InlineData("fastestdet")]
    [InlineData("retinanet-anchors")]
    [InlineData("ssd")]
    [InlineData("faster-rcnn")]
    [InlineData("yolo-dfl-raw")]
    [InlineData("yolo-anchors")]
    [InlineData("yolo-rows")]
    [InlineData("yolo-rows-seg")]
    [InlineData("yolox")]
    [InlineData("fcos")]
    [InlineData("nanodet")]
    [InlineData("detr")]
    [InlineData("rt-detr")]
    [InlineData("centernet")]
    [InlineData("boxes-scores")]
    [InlineData("segmentation")]
    public void Labels_that_are_not_the_graph_s_classes_are_refused(string decoder)
    {
        var c = DecoderCase.Of(decoder);
        c.Spec.Labels = ["just", "one", "too", "many", "here"];
        Assert.Throws<ModelFormatException>(() => c.Create());
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void A_hundred_decodes_allocate_nothing(string decoder)
    {
        var c = DecoderCase.Of(decoder);
        ArrayTensorSet[] tensors = [c.Tensors(1), c.Tensors(2), c.Tensors(3)];
        var instance = c.Create();
        var result = new VisionResult();
        var transform = c.Transform;
        int turn = 0;
        Assert.Equal(0, Allocations.Of(() =>
        {
            result.Clear();
            instance.Decode(tensors[turn++ % 3], 0, transform, result);
        }));
    }

    private static string Decoded(OutputDecoder decoder, TensorSet tensors, in FrameTransform transform)
    {
        var result = new VisionResult();
        decoder.Decode(tensors, 0, transform, result);
        return DecoderCase.Show(result);
    }
}
