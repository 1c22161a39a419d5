using CsCheck;
using EdgeVision.Evaluation.Coco;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Evaluation.Tests;

/// <summary>Average precision against pycocotools' numbers, small cases worked out by hand, and damaged input.</summary>
public sealed class CocoEvaluatorTests
{
    private static readonly Gen<CocoBox> _boxes = Gen.Select(Gen.Int[0, 60], Gen.Int[0, 60], Gen.Int[0, 40], Gen.Int[0, 40], (x, y, w, h) => new CocoBox(x, y, w, h));

    [Theory]
    [InlineData("coco_bbox_small.json", CocoIouType.Boxes)] // few enough to look through
    [InlineData("coco_bbox.json", CocoIouType.Boxes)] // 60 pictures, 5 classes, crowds, all three sizes
    [InlineData("coco_segm.json", CocoIouType.Masks)] // polygons, uncompressed crowds, compressed results
    [InlineData("coco_keypoints.json", CocoIouType.Keypoints)] // people without labelled keypoints and crowds among them
    public void Equals_pycocotools(string file, CocoIouType kind)
    {
        var reference = new CocoReference(SharedData.Path("golden", "reference", file));
        var summary = reference.Evaluate(kind);
        Assert.Equal(reference.Statistics.Length, summary.Statistics.Count);
        for (int i = 0; i < summary.Statistics.Count; i++)
        {
            Assert.Equal(reference.Statistics[i], summary.Statistics[i], 1e-9);
        }
    }

    [Fact]
    public void A_picture_is_matched_as_one_would_by_hand()
    {
        var evaluator = new CocoEvaluator(CocoIouType.Boxes, 2);
        CocoAnnotation[] truths =
        [
            new(0, new CocoBox(0, 0, 10, 10)),
            new(1, new CocoBox(0, 0, 10, 10)),
            new(0, new CocoBox(50, 50, 40, 40)) { IsCrowd = true },
        ];
        CocoDetection[] found =
        [
            new(0, .3, new CocoBox(0, 0, 10, 10)), // the best box, but a better score came first
            new(0, .9, new CocoBox(0, 0, 10, 8)), // IoU .8
            new(1, .8, new CocoBox(0, 0, 10, 4)), // IoU .4
            new(0, .7, new CocoBox(60, 60, 5, 5)), // in the crowd
            new(0, .6, new CocoBox(70, 70, 5, 5)), // in the crowd as well
        ];
        Assert.Equal([-1, 0, -1, 2, 2], evaluator.Match(truths, found));
        Assert.Equal([-1, 0, 1, 2, 2], evaluator.Match(truths, found, .4));
        Assert.Equal([0, -1, -1, 2, 2], evaluator.Match(truths, found, .81)); // .8 is too little, so the later one has it
        Assert.Equal(0, evaluator.ImageCount);
        Assert.Throws<ArgumentOutOfRangeException>(() => evaluator.Match(truths, found, 0));
        Assert.Throws<EdgeVisionException>(() => evaluator.Match(truths, [new CocoDetection(7, .5, new CocoBox(0, 0, 1, 1))]));
    }

    [Fact]
    public void Classes_average_to_the_whole_and_curves_to_the_classes()
    {
        var summary = new CocoReference(SharedData.Path("golden", "reference", "coco_bbox.json")).Evaluate(CocoIouType.Boxes);
        Assert.Equal(summary.Map, summary.Classes.Average(c => c.Ap), 1e-12);
        Assert.Equal(summary.Map50, summary.Classes.Average(c => c.Ap50), 1e-12);
        Assert.Equal(summary.Map75, summary.Classes.Average(c => c.Ap75), 1e-12);
        Assert.Equal(summary.AverageRecall, summary.Classes.Average(c => c.Recall), 1e-12);
        foreach (var result in summary.Classes)
        {
            Assert.Equal(result.Ap50, summary.PrecisionCurve(result.ClassId).Average(), 1e-12);
        }
    }

    [Fact]
    public void Four_detections_worked_out_by_hand()
    {
        // By score: hit, miss, hit, miss; three objects. Precision 1 up to recall 1/3 (34 of the 101 recalls), 2/3 up to 2/3 (33), then 0.
        var evaluator = new CocoEvaluator(CocoIouType.Boxes, 1);
        evaluator.AddImage([Truth(0, 0), Truth(0, 200), Truth(0, 400)], [Found(0, 0, .9), Found(0, 100, .8), Found(0, 200, .7), Found(0, 600, .6)]);
        var summary = evaluator.Summarize();
        double expected = (34 + 33 * (2.0 / 3)) / 101;
        Assert.Equal(expected, summary.Map50, 1e-12);
        Assert.Equal(expected, summary.Map, 1e-12);
        Assert.Equal(2.0 / 3, summary.AverageRecall, 1e-12);
        Assert.Equal(1.0 / 3, summary.Recalls[0].Recall, 1e-12);
        Assert.Equal(new CocoClassResult(0, 3, summary.Map, summary.Map50, summary.Map75, summary.AverageRecall), Assert.Single(summary.Classes));
    }

    [Fact]
    public void A_class_without_annotations_counts_for_nothing()
    {
        var evaluator = new CocoEvaluator(CocoIouType.Boxes, 3);
        evaluator.AddImage([Truth(1, 0)], [Found(1, 0, .5), Found(2, 0, .9)]);
        var summary = evaluator.Summarize();
        Assert.Equal(1, summary.Map, 1e-12);
        Assert.Equal([-1, 1, -1], summary.Classes.Select(c => Math.Round(c.Ap, 12)));
    }

    [Fact]
    public void Nothing_at_all_is_minus_one()
    {
        var summary = new CocoEvaluator(CocoIouType.Boxes, 2).Summarize();
        Assert.All(summary.Statistics, s => Assert.Equal(-1, s));
        Assert.DoesNotContain("-1", summary.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Annotated_and_not_found_is_zero()
    {
        var evaluator = new CocoEvaluator(CocoIouType.Boxes, 1);
        evaluator.AddImage([Truth(0, 0)], Array.Empty<CocoDetection>());
        Assert.Equal(0, evaluator.Summarize().Map);
        Assert.Equal(0, evaluator.Summarize().AverageRecall);
    }

    [Fact]
    public void Detections_in_a_crowd_count_neither_way()
    {
        var evaluator = new CocoEvaluator(CocoIouType.Boxes, 1);
        evaluator.AddImage(
            [Truth(0, 0), Truth(0, 300) with { Box = new CocoBox(300, 0, 300, 300), IsCrowd = true }],
            [Found(0, 310, .9), Found(0, 420, .8), Found(0, 0, .7)]);
        Assert.Equal(1, evaluator.Summarize().Map, 1e-12);
    }

    [Fact]
    public void Without_classes_a_wrong_label_still_matches()
    {
        var agnostic = new CocoEvaluator(CocoIouType.Boxes, 2, new CocoOptions { ClassAgnostic = true });
        var strict = new CocoEvaluator(CocoIouType.Boxes, 2);
        foreach (var evaluator in new[] { agnostic, strict })
        {
            evaluator.AddImage([Truth(0, 0)], [Found(1, 0, .5)]);
        }

        Assert.Equal(1, agnostic.Summarize().Map, 1e-12);
        Assert.Equal(0, strict.Summarize().Map);
    }

    [Fact]
    public void Takes_the_runtime_s_detections()
    {
        var detections = new Detections();
        detections.Clear(keypointCount: 2);
        int i = detections.Add(new Box(10, 20, 50, 80), .5f, 0);
        detections.GetMutableKeypoints(i)[0] = new Keypoint(12, 22, 1);
        detections.GetMutableKeypoints(i)[1] = new Keypoint(40, 70, 1);
        CocoAnnotation[] truths =
        [
            new(0, new Box(10, 20, 50, 80)) { Keypoints = [new CocoKeypoint(12, 22), new CocoKeypoint(40, 70)] },
        ];
        var boxes = new CocoEvaluator(CocoIouType.Boxes, 1);
        var keypoints = new CocoEvaluator(CocoIouType.Keypoints, 1, new CocoOptions { Sigmas = CocoOptions.UniformSigmas(2) });
        boxes.AddImage(truths, detections);
        keypoints.AddImage(truths, detections);
        Assert.Equal(1, boxes.Summarize().Map, 1e-12);
        Assert.Equal(1, keypoints.Summarize().Map, 1e-12);
    }

    [Fact]
    public void Compares_masks_in_the_plane_of_the_frame()
    {
        // The frame, 20 x 10, lies twice as large in an input of 40 x 40, ten rows down.
        var result = new VisionResult { Transform = new FrameTransform(2, 2, 0, 10, 0, 0, 40, 40, 20, 10) };
        result.Detections.Clear(maskWidth: 40, maskHeight: 40);
        int i = result.Detections.Add(new Box(4, 2, 8, 6), .5f, 0);
        result.Detections.AddMask(i, 8, 14, 8, 8).Fill(1);
        var square = new CocoBox(4, 2, 4, 4);
        var truth = new CocoAnnotation(0, square) { Mask = CocoMask.FromPolygons([[4, 2, 8, 2, 8, 6, 4, 6]], 20, 10) };
        var evaluator = new CocoEvaluator(CocoIouType.Masks, 1);
        evaluator.AddImage([truth], result);
        Assert.Equal(1, evaluator.Summarize().Map, 1e-12);
        Assert.Throws<EdgeVisionException>(() => evaluator.AddImage([truth], result.Detections)); // there the plane is 40 x 40
        evaluator = new CocoEvaluator(CocoIouType.Masks, 1);
        evaluator.AddImage([truth with { Mask = CocoMask.FromPolygons([[8, 14, 16, 14, 16, 22, 8, 22]], 40, 40) }], result.Detections);
        Assert.Equal(1, evaluator.Summarize().Map, 1e-12);
        result.Detections.Clear();
        result.Detections.Add(new Box(4, 2, 8, 6), .5f, 0);
        Assert.Throws<EdgeVisionException>(() => evaluator.AddImage([truth], result));
    }

    [Theory]
    [InlineData(40, .5)] // 40 x 40: medium like the annotation, so a miss among medium objects
    [InlineData(20, 1)] // 20 x 20: small, so it does not count there
    public void Without_a_box_the_rectangle_round_the_keypoints_is_the_size(double side, double expected)
    {
        var evaluator = new CocoEvaluator(CocoIouType.Keypoints, 1, new CocoOptions { Sigmas = CocoOptions.UniformSigmas(2) });
        evaluator.AddImage(
            [new CocoAnnotation(0, new CocoBox(0, 0, 50, 50)) { Keypoints = [new CocoKeypoint(0, 0), new CocoKeypoint(50, 50)] }],
            [
                new CocoDetection(0, .9, null) { Keypoints = [new CocoKeypoint(900, 900), new CocoKeypoint(900 + side, 900 + side)] },
                new CocoDetection(0, .5, null) { Keypoints = [new CocoKeypoint(0, 0), new CocoKeypoint(50, 50)] },
            ]);
        Assert.Equal(expected, evaluator.Summarize().MapMedium, 1e-12);
    }

    [Fact]
    public void The_nose_ten_pixels_off()
    {
        // The check that the reference's formula gives: d = 10, area = 1e4.
        var truth = new CocoAnnotation(0, new CocoBox(0, 0, 100, 100)) { Keypoints = [new CocoKeypoint(50, 50)] };
        Assert.Equal(0.157377, CocoOverlap.ObjectKeypointSimilarity([new CocoKeypoint(60, 50)], truth, 1e4, [.026]), 1e-6);
    }

    [Fact]
    public void Overlap_is_the_share_of_common_pixels() => Gen.Select(_boxes, _boxes, Gen.Bool).Sample((a, b, crowd) =>
    {
        int both = 0, either = 0, own = 0;
        for (int y = 0; y < 100; y++)
        {
            for (int x = 0; x < 100; x++)
            {
                bool inA = Inside(a, x, y), inB = Inside(b, x, y);
                both += inA && inB ? 1 : 0;
                either += inA || inB ? 1 : 0;
                own += inA ? 1 : 0;
            }
        }

        double expected = both == 0 ? 0 : (double)both / (crowd ? own : either);
        Assert.Equal(expected, CocoOverlap.BoxIou(a, b, crowd), 1e-12);
    }, iter: 100);

    [Fact]
    public void Moving_every_score_up_by_the_same_changes_nothing_and_a_late_miss_lowers_nothing()
    {
        var gen = Gen.Select(Gen.Select(_boxes, Gen.Int[0, 2], (box, c) => new CocoAnnotation(c, box)).List[0, 6],
            Gen.Select(_boxes, Gen.Int[0, 2], Gen.Int[0, 5], (box, c, s) => new CocoDetection(c, s, box)).List[0, 8]);
        gen.Sample((truths, detections) =>
        {
            var plain = Evaluate(truths, detections);
            var moved = Evaluate(truths, [.. detections.Select(d => d with { Score = d.Score * 2 + 7 })]);
            var worse = Evaluate(truths, [.. detections, new CocoDetection(0, -1, new CocoBox(900, 900, 10, 10))]);
            Assert.Equal(plain.Statistics, moved.Statistics);
            Assert.Equal(plain.Map, worse.Map);
        }, iter: 200);
    }

    [Theory]
    [InlineData("a class that is not there", 3, .5, 10.0)]
    [InlineData("a negative class", -1, .5, 10.0)]
    [InlineData("a score that is no number", 0, double.NaN, 10.0)]
    [InlineData("a box that is no number", 0, .5, double.NaN)]
    [InlineData("a box turned inside out", 0, .5, -1.0)]
    [InlineData("a box without end", 0, .5, double.PositiveInfinity)]
    public void Refuses_and_adds_nothing(string what, int classId, double score, double width)
    {
        Assert.NotEmpty(what);
        var evaluator = new CocoEvaluator(CocoIouType.Boxes, 3);
        Assert.Throws<EdgeVisionException>(() => evaluator.AddImage([Truth(0, 0)], [Found(0, 0, .9), new CocoDetection(classId, score, new CocoBox(0, 0, width, 10))]));
        Assert.Equal(0, evaluator.ImageCount);
        Assert.Equal(-1, evaluator.Summarize().Map);
    }

    [Fact]
    public void Refuses_what_it_cannot_compare()
    {
        Assert.Throws<EdgeVisionException>(() => new CocoEvaluator(CocoIouType.Boxes, 0));
        Assert.Throws<EdgeVisionException>(() => new CocoEvaluator(CocoIouType.Boxes, 1, new CocoOptions { MaxDetections = [10, 1] }));
        Assert.Throws<EdgeVisionException>(() => new CocoEvaluator(CocoIouType.Keypoints, 1, new CocoOptions { Sigmas = [0] }));
        Assert.Throws<EdgeVisionException>(() => new CocoEvaluator(CocoIouType.Boxes, 1).AddImage([], [new CocoDetection(0, 1, null)]));
        Assert.Throws<EdgeVisionException>(() => new CocoEvaluator(CocoIouType.Masks, 1).AddImage([Truth(0, 0)], Array.Empty<CocoDetection>()));
        Assert.Throws<EdgeVisionException>(() => new CocoEvaluator(CocoIouType.Keypoints, 1).AddImage([Truth(0, 0)], Array.Empty<CocoDetection>()));
    }

    private static CocoSummary Evaluate(IReadOnlyList<CocoAnnotation> truths, IReadOnlyList<CocoDetection> detections)
    {
        var evaluator = new CocoEvaluator(CocoIouType.Boxes, 3);
        evaluator.AddImage(truths, detections);
        return evaluator.Summarize();
    }

    private static bool Inside(CocoBox box, int x, int y) => x >= box.X && x < box.X + box.Width && y >= box.Y && y < box.Y + box.Height;

    private static CocoAnnotation Truth(int classId, double x) => new(classId, new CocoBox(x, 0, 50, 50));

    private static CocoDetection Found(int classId, double x, double score) => new(classId, score, new CocoBox(x, 0, 50, 50));
}
