using System.Runtime.InteropServices;
using EdgeVision.Inference;
using EdgeVision.Onnx;
using EdgeVision.Suppression;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Suppression;

/// <summary>The named conventions: ONNX Runtime's own operator, OpenCV's own results, and plain loops for the others.</summary>
public sealed class ConventionalNmsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-nms-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0.47f, 0.2f, 1000)]
    [InlineData(0.5f, 0.25f, 1000)] // scores that equal the threshold
    [InlineData(0f, 0f, 1000)]
    [InlineData(1f, 0.5f, 1000)]
    [InlineData(0.3f, 0.1f, 3)]
    public void Onnx_keeps_what_ONNX_Runtime_s_operator_keeps(float iou, float score, int limit)
    {
        var nms = new ReferenceNms(new NmsOptions { Convention = NmsConvention.Onnx, Iou = iou, Score = score, Limit = limit });
        int compared = 0;
        foreach (var (kind, boxes, scores, classes) in RandomBoxes.All().Where(v => v.Boxes.Length > 0))
        {
            // Every third box has its corners the other way round.
            Box[] turned = [.. boxes.Select((b, i) => i % 3 == 0 ? new Box(b.X2, b.Y2, b.X1, b.Y1) : b)];
            int[] expected = Operator(turned, scores, iou, score, limit);
            Assert.True(expected.SequenceEqual(nms.Run(turned, scores).ToArray()), $"{kind}: [{string.Join(' ', nms.Run(turned, scores).ToArray())}], the operator keeps [{string.Join(' ', expected)}]");
            compared += expected.Length;
        }

        Assert.True(compared > 50);
    }

    [Fact]
    public void OpenCv_keeps_what_OpenCV_keeps()
    {
        foreach (var golden in SmallGolden.Read("nms_boxes").GetProperty("cases").EnumerateArray())
        {
            var nms = new ReferenceNms(new NmsOptions
            {
                Convention = NmsConvention.OpenCv, Iou = golden.GetProperty("iou").GetSingle(), Score = golden.GetProperty("score").GetSingle(),
                Eta = golden.GetProperty("eta").GetSingle(), TopK = golden.GetProperty("top_k").GetInt32(),
            });
            Assert.Equal(SmallGolden.Ints(golden, "keep"), nms.Run(SmallGolden.BoxesOfSides(golden, "boxes_xywh"), SmallGolden.Floats(golden, "scores")).ToArray());
        }
    }

    [Theory]
    [InlineData(NmsConvention.Torchvision)]
    [InlineData(NmsConvention.OpenCv)]
    [InlineData(NmsConvention.Supervision)] // the later of equals wins
    [InlineData(NmsConvention.Yolox)] // a score at the threshold enters
    public void Equals_a_plain_loop(NmsConvention convention)
    {
        foreach (var (kind, boxes, scores, classes) in RandomBoxes.All())
        {
            foreach (var (iou, topK, eta, limit) in ((float, int, float, int)[])[(0.47f, 0, 1, 0), (0.8f, 20, 0.9f, 0), (0.3f, 0, 1, 4)])
            {
                foreach (bool byClass in (bool[])[false, true])
                {
                    // Boxes without area overlap wholly for OpenCV alone.
                    float decay = convention == NmsConvention.OpenCv ? eta : 1;
                    var nms = new ReferenceNms(new NmsOptions { Convention = convention, Iou = iou, Score = 0.25f, TopK = topK, Eta = decay, Limit = limit });
                    var order = Enumerable.Range(0, boxes.Length).Where(i => convention switch
                    {
                        NmsConvention.OpenCv => scores[i] > 0.25f,
                        NmsConvention.Yolox => scores[i] >= 0.25f,
                        _ => true,
                    });
                    order = convention == NmsConvention.Supervision ? order.Reverse() : order;
                    var kept = new List<int>();
                    float threshold = iou;
                    foreach (int i in order.OrderByDescending(i => scores[i]).Take(topK == 0 ? int.MaxValue : topK))
                    {
                        if (kept.Where(k => !byClass || classes[k] == classes[i]).All(k => !Overlaps(boxes[k], boxes[i])))
                        {
                            kept.Add(i);
                            threshold *= decay < 1 && threshold > 0.5f ? decay : 1;
                        }
                    }

                    bool Overlaps(Box a, Box b) => convention == NmsConvention.OpenCv && (a.X2 - a.X1) * (a.Y2 - a.Y1) + (b.X2 - b.X1) * (b.Y2 - b.Y1) == 0 || RandomBoxes.Iou(a, b) > threshold;
                    Assert.True(kept.Take(limit == 0 ? int.MaxValue : limit).SequenceEqual(nms.Run(boxes, scores, byClass ? classes : default).ToArray()), $"{kind}, {iou}, {(byClass ? "by class" : "across classes")}");
                }
            }
        }
    }

    [Fact]
    public void Scores_of_no_number_pass_no_gate_and_come_last_where_there_is_none()
    {
        Box[] boxes = [new(0, 0, 1, 1), new(5, 5, 6, 6), new(8, 8, 9, 9)];
        float[] scores = [float.NaN, 0.5f, float.NegativeInfinity];
        Assert.Equal([1, 0, 2], new ReferenceNms(new NmsOptions()).Run(boxes, scores).ToArray());
        Assert.Equal([1], new ReferenceNms(new NmsOptions { Convention = NmsConvention.Onnx, Score = 0.1f }).Run(boxes, scores).ToArray());
        Assert.Equal([1], new ReferenceNms(new NmsOptions { Convention = NmsConvention.Yolox, Score = 0.1f }).Run(boxes, scores).ToArray());
    }

    [Fact]
    public void Impossible_options_are_refused()
    {
        NmsOptions[] bad = [new() { Iou = float.NaN }, new() { Score = float.NaN }, new() { Eta = 0 }, new() { Eta = 1.1f }, new() { TopK = -1 }, new() { Limit = -1 }];
        Assert.All(bad, options => Assert.Throws<ArgumentOutOfRangeException>(() => new ReferenceNms(options)));
        Assert.Throws<ArgumentException>(() => new ReferenceNms(new NmsOptions()).Run(new Box[2], new float[1]).Length);
    }

    private int[] Operator(Box[] boxes, float[] scores, float iou, float score, int limit)
    {
        var graph = new OnnxGraphBuilder("nms");
        var b = graph.AddInput("boxes", [1, boxes.Length, 4]);
        var s = graph.AddInput("scores", [1, 1, boxes.Length]);
        graph.AddOutput("selected", graph.AddNode("NonMaxSuppression", "nms",
            [b, s, graph.AddInitializer("limit", [(long)limit], 1), graph.AddInitializer("iou", [iou], 1), graph.AddInitializer("score", [score], 1)], [-1, 3], TensorProto.Types.DataType.Int64));
        string path = Path.Combine(_folder, "nms.onnx");
        graph.Build().Save(path);
        using var engine = new InferenceEngine(path);
        MemoryMarshal.Cast<Box, byte>(boxes).CopyTo(engine.GetInputBytes(0)); // corners in pairs: whether x or y comes first is all the same
        MemoryMarshal.Cast<float, byte>(scores).CopyTo(engine.GetInputBytes(1));
        engine.Run();
        return [.. engine.Results.GetData(0).ToArray().Chunk(3).Select(row => (int)row[2])];
    }
}
