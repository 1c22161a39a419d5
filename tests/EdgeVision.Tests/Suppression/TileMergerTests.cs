using EdgeVision.Suppression;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Suppression;

/// <summary>Joining detections of tiles, against the rules of SAHI written down plainly.</summary>
public sealed class TileMergerTests
{
    [Theory]
    [InlineData(TileMergeMode.Nms, TileMatchMetric.Ios, 0.5f, false)]
    [InlineData(TileMergeMode.Nms, TileMatchMetric.Iou, 0.3f, true)]
    [InlineData(TileMergeMode.Union, TileMatchMetric.Ios, 0.5f, false)] // SAHI's default
    [InlineData(TileMergeMode.Union, TileMatchMetric.Iou, 0.3f, false)]
    [InlineData(TileMergeMode.Union, TileMatchMetric.Ios, 0.2f, true)] // widened boxes stop matching
    [InlineData(TileMergeMode.Nmm, TileMatchMetric.Ios, 0.5f, false)]
    [InlineData(TileMergeMode.Nmm, TileMatchMetric.Iou, 0.1f, true)]
    [InlineData(TileMergeMode.Nmm, TileMatchMetric.Ios, 1f, false)]
    public void Equals_the_rules_of_SAHI(TileMergeMode merge, TileMatchMetric match, float threshold, bool agnostic)
    {
        var merger = new TileMerger(merge, match, threshold, agnostic);
        var found = new Detections();
        var merged = new Detections();
        int joined = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            found.Clear();
            int count = seed < 3 ? seed : random.Next(60);
            for (int i = 0; i < count; i++)
            {
                // On a coarse grid and with few scores, so that overlaps and scores tie.
                int x = random.Next(30), y = random.Next(30);
                found.Add(new Box(x, y, x + 1 + random.Next(12), y + 1 + random.Next(12)), random.Next(1, 8) / 8f, random.Next(2));
            }

            var expected = Plain(found, merge, match, threshold, agnostic);
            merger.Run(found, merged);
            joined += count - merged.Count;
            Assert.Equal(expected, Rows(merged));
            merger.Run(found, merged, 3);
            Assert.Equal(expected.Take(3), Rows(merged));
        }

        Assert.True(joined > 20, $"only {joined} boxes were joined");
    }

    [Fact]
    public void A_thing_longer_than_a_tile_hangs_together_with_nmm_alone()
    {
        // Three pieces of a bar: the first and the last do not meet.
        var pieces = Of((new Box(0, 0, 40, 10), 0.9f, 0), (new Box(20, 0, 60, 10), 0.8f, 0), (new Box(40, 0, 80, 10), 0.7f, 0));
        Assert.Equal([(new Box(0, 0, 60, 10), 0.9f, 0), (new Box(40, 0, 80, 10), 0.7f, 0)], Rows(Merged(pieces, new TileMerger(TileMergeMode.Union, threshold: 0.4f))));
        Assert.Equal([(new Box(0, 0, 80, 10), 0.9f, 0)], Rows(Merged(pieces, new TileMerger(TileMergeMode.Nmm, threshold: 0.4f))));
        Assert.Equal([(new Box(0, 0, 40, 10), 0.9f, 0), (new Box(40, 0, 80, 10), 0.7f, 0)], Rows(Merged(pieces, new TileMerger(TileMergeMode.Nms, threshold: 0.4f))));
    }

    [Fact]
    public void A_part_matches_its_whole_over_the_smaller_area_alone()
    {
        var whole = Of((new Box(0, 0, 100, 100), 0.9f, 0), (new Box(80, 0, 100, 100), 0.8f, 0));
        Assert.Equal(1, Merged(whole, new TileMerger(match: TileMatchMetric.Ios)).Count);
        Assert.Equal(2, Merged(whole, new TileMerger(match: TileMatchMetric.Iou)).Count);
    }

    [Fact]
    public void Of_the_best_come_class_keypoints_and_rotation_and_masks_are_united()
    {
        var found = new Detections();
        found.Clear(2, false, 20, 10);
        found.Add(new Box(4, 2, 12, 8), 0.6f, 1);
        found.Add(new Box(0, 2, 8, 8), 0.7f, 0);
        found.Add(new Box(4, 3, 12, 7), 0.5f, 1); // no mask
        found.Add(new Box(15, 0, 18, 3), 0.4f, 1);
        found.GetMutableKeypoints(0)[1] = new Keypoint(1, 2, 0.5f);
        found.GetMutableKeypoints(1)[1] = new Keypoint(3, 4, 0.25f);
        found.AddMask(0, 6, 2, 6, 6).Fill(1);
        found.AddMask(1, 0, 4, 8, 2).Fill(1);
        found.AddMask(3, 15, 0, 3, 3)[4] = 1;
        found.Labels = ["a", "b"];
        var merged = Merged(found, new TileMerger(threshold: 0.4f, classAgnostic: true));
        Assert.Equal([(new Box(0, 2, 12, 8), 0.7f, 0), (new Box(15, 0, 18, 3), 0.4f, 1)], Rows(merged));
        Assert.Equal("a", merged.GetLabel(0));
        Assert.Equal(new Keypoint(3, 4, 0.25f), merged.GetKeypoints(0)[1]);
        Assert.Equal((20, 10), (merged.MaskWidth, merged.MaskHeight));
        var region = merged.GetMaskRegion(0);
        Assert.Equal(new MaskRegion(0, 2, 12, 6, region.Offset), region);
        for (int y = 0; y < 6; y++)
        {
            for (int x = 0; x < 12; x++)
            {
                Assert.Equal(x >= 6 || x < 8 && y is 2 or 3 ? 1 : 0, merged.GetMask(0)[y * 12 + x]);
            }
        }

        Assert.Equal([0, 0, 0, 0, 1, 0, 0, 0, 0], merged.GetMask(1).ToArray());

        // With nms the others go with their masks.
        Assert.Equal(16, Merged(found, new TileMerger(TileMergeMode.Nms, threshold: 0.4f, classAgnostic: true)).GetMask(0).Length);
    }

    [Fact]
    public void Oriented_boxes_are_compared_as_they_lie()
    {
        // Two thin bars side by side on the diagonal: their upright boxes overlap almost wholly, they do not.
        var found = new Detections();
        found.Clear(0, rotation: true);
        RotatedBox[] bars = [new(50, 50, 100, 4, MathF.PI / 4), new(58, 42, 100, 4, MathF.PI / 4), new(51, 51, 100, 4, MathF.PI / 4)];
        for (int i = 0; i < 3; i++)
        {
            found.SetRotatedBox(found.Add(new Box(15 + i, 15, 85 + i, 85), 0.9f - i * 0.1f, 0), bars[i]);
        }

        var merged = Merged(found, new TileMerger());
        Assert.Equal(2, merged.Count);
        Assert.Equal([bars[0], bars[1]], merged.RotatedBoxes.ToArray());
        Assert.Equal(new Box(15, 15, 85, 85), merged.Boxes[0]); // as wide as its own rotation
    }

    [Fact]
    public void Boxes_without_area_match_nothing()
    {
        Box point = new(5, 5, 5, 5);
        var found = Of((point, 0.9f, 0), (point, 0.8f, 0), (new Box(0, 0, 10, 10), 0.7f, 0), (new Box(float.NaN, 0, 1, 1), 0.6f, 0));
        foreach (var merge in Enum.GetValues<TileMergeMode>())
        {
            Assert.Equal(4, Merged(found, new TileMerger(merge, TileMatchMetric.Ios)).Count);
            Assert.Equal(4, Merged(found, new TileMerger(merge, TileMatchMetric.Iou)).Count);
        }
    }

    [Theory]
    [InlineData(0f)] // everything would match everything
    [InlineData(1.01f)]
    [InlineData(float.NaN)]
    public void Thresholds_that_mean_nothing_are_refused(float threshold) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TileMerger(threshold: threshold));

    [Fact]
    public void Merging_in_place_is_refused()
    {
        var found = Of((new Box(0, 0, 1, 1), 0.5f, 0));
        Assert.Throws<ArgumentException>(() => new TileMerger().Run(found, found));
    }

    [Fact]
    public void Nothing_is_allocated_once_buffers_have_grown()
    {
        var random = new Random(1);
        var found = new Detections();
        found.Clear(1, false, 200, 200);
        for (int i = 0; i < 300; i++)
        {
            int x = random.Next(150), y = random.Next(150);
            int at = found.Add(new Box(x, y, x + 20, y + 20), random.NextSingle(), random.Next(3));
            found.AddMask(at, x, y, 20, 20).Fill(1);
        }

        foreach (var merge in Enum.GetValues<TileMergeMode>())
        {
            var merger = new TileMerger(merge);
            var merged = new Detections();
            Assert.Equal(0, Allocations.Of(() => merger.Run(found, merged)));
            Assert.InRange(merged.Count, 10, 290);
        }
    }

    private static Detections Of(params (Box Box, float Score, int Class)[] rows)
    {
        var d = new Detections();
        foreach (var (box, score, id) in rows)
        {
            d.Add(box, score, id);
        }

        return d;
    }

    private static Detections Merged(Detections found, TileMerger merger)
    {
        var merged = new Detections();
        merger.Run(found, merged);
        return merged;
    }

    private static List<(Box Box, float Score, int Class)> Rows(Detections d) =>
        [.. Enumerable.Range(0, d.Count).Select(i => (d.Boxes[i], d.Scores[i], d.ClassIds[i]))];

    // combine.py: who is kept and what merges into it; then has_match and merge_object_prediction_pair of utils.py.
    private static List<(Box Box, float Score, int Class)> Plain(Detections found, TileMergeMode merge, TileMatchMetric match, float threshold, bool agnostic)
    {
        var all = Rows(found);
        var order = Enumerable.Range(0, all.Count).OrderByDescending(i => all[i].Score).ToList();
        bool Meets(int a, int b) => a != b && (agnostic || all[a].Class == all[b].Class) && Measure(all[a].Box, all[b].Box, match) >= threshold;
        var keepToMerge = new Dictionary<int, List<int>>();
        var mergeToKeep = new Dictionary<int, int>();
        if (merge == TileMergeMode.Nmm)
        {
            foreach (int p in order)
            {
                var matched = order.Where(j => Meets(p, j)).Reverse();
                int keep = mergeToKeep.GetValueOrDefault(p, p);
                keepToMerge.TryAdd(keep, []);
                foreach (int m in matched.Where(m => !mergeToKeep.ContainsKey(m) && !keepToMerge.ContainsKey(m)))
                {
                    keepToMerge[keep].Add(m);
                    mergeToKeep[m] = keep;
                }
            }
        }
        else
        {
            var left = order.ToList();
            while (left.Count > 0)
            {
                int best = left[0];
                keepToMerge[best] = left.Where(j => Meets(best, j)).ToList();
                left = left.Where(j => j != best && !keepToMerge[best].Contains(j)).ToList();
            }
        }

        var result = new List<(Box, float, int)>();
        foreach (int keep in order.Where(keepToMerge.ContainsKey))
        {
            var box = all[keep].Box;
            foreach (int m in merge == TileMergeMode.Nms ? [] : keepToMerge[keep])
            {
                var other = all[m].Box;
                if (Measure(box, other, match) > threshold)
                {
                    box = new Box(Math.Min(box.X1, other.X1), Math.Min(box.Y1, other.Y1), Math.Max(box.X2, other.X2), Math.Max(box.Y2, other.Y2));
                }
            }

            result.Add((box, all[keep].Score, all[keep].Class));
        }

        return result;
    }

    private static float Measure(Box a, Box b, TileMatchMetric match)
    {
        float w = Math.Max(Math.Min(a.X2, b.X2) - Math.Max(a.X1, b.X1), 0), h = Math.Max(Math.Min(a.Y2, b.Y2) - Math.Max(a.Y1, b.Y1), 0);
        float areaA = (a.X2 - a.X1) * (a.Y2 - a.Y1), areaB = (b.X2 - b.X1) * (b.Y2 - b.Y1);
        return match == TileMatchMetric.Ios ? w * h / Math.Min(areaA, areaB) : w * h / (areaA + areaB - w * h);
    }
}
