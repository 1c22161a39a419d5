using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tracking.Tests.TrackerScenes;

namespace EdgeVision.Tracking.Tests;

/// <summary>Against the plain reference on walks with noise, misses and false alarms, and its rules one by one.</summary>
public sealed class OcSortTrackerTests
{
    [Theory]
    [InlineData(1, 3, 0.6, 0.3, 3, 0.2, 3, 30)]
    [InlineData(2, 8, 0.6, 0.3, 3, 0.2, 3, 30)]
    [InlineData(3, 15, 0.4, 0.2, 2, 0.4, 1, 5)] // crowded, given up early
    [InlineData(4, 15, 0.3, 0.3, 1, 0.2, 0, 12)] // directions from frame to frame
    [InlineData(5, 6, 0.5, 0.1, 5, 1.0, 2, 30)] // directions as heavy as overlaps
    public void Equals_the_plain_reference(int seed, int objects, double threshold, double iou, int deltaT, double inertia, int minHits, int maxAge)
    {
        var walk = new Walk(seed, objects);
        var reference = new OcSortReference(threshold, iou, deltaT, inertia, minHits, maxAge);
        var tracker = new OcSortTracker(new OcSortOptions { DetectionThreshold = threshold, IouThreshold = iou, DeltaT = deltaT, Inertia = inertia, MinHits = minHits, MaxAge = maxAge });
        int told = 0;
        for (int frame = 0; frame < 150; frame++)
        {
            var (found, _) = walk.Next();
            var expected = reference.Update(found);
            tracker.Update([.. found.Select((d, i) => new Observation(d[0], d[1], d[2], d[3], d[4], 0, i))]);
            Assert.Equal(expected.Select(e => e.Id), tracker.Tracks.ToArray().Select(t => t.Id));
            for (int i = 0; i < expected.Count; i++)
            {
                var box = tracker.Tracks[i].Box;
                Assert.Equal(expected[i].Box[0], box.X1, 1e-3);
                Assert.Equal(expected[i].Box[1], box.Y1, 1e-3);
                Assert.Equal(expected[i].Box[2], box.X2, 1e-3);
                Assert.Equal(expected[i].Box[3], box.Y2, 1e-3);
            }

            told += expected.Count;
        }

        Assert.True(told > 60, $"{told}");
    }

    [Fact]
    public void A_track_is_told_of_after_three_sights_in_a_row()
    {
        var tracker = new OcSortTracker();
        for (int i = 0; i < 4; i++)
        {
            Step(tracker, (10 + i, 10, 0.9f));
        }

        Assert.Equal([1, 0], Step(tracker, (14, 10, 0.9f), (200, 10, 0.9f)));
        Assert.Equal([1, 0], Step(tracker, (15, 10, 0.9f), (200, 10, 0.9f)));
        Assert.Equal([1, 0], Step(tracker, (16, 10, 0.9f), (200, 10, 0.9f)));
        Assert.Equal([1, 2], Step(tracker, (17, 10, 0.9f), (200, 10, 0.9f)));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public void Low_scores_count_where_asked_for(bool useLow, int id)
    {
        var tracker = new OcSortTracker(new OcSortOptions { UseLowScores = useLow });
        for (int i = 0; i < 5; i++)
        {
            Step(tracker, (10, 10, 0.9f));
        }

        Assert.Equal([id], Step(tracker, (10, 10, 0.3f)));
    }

    [Fact]
    public void What_is_no_number_stays_without_a_track()
    {
        var tracker = new OcSortTracker();
        var detections = new Detections();
        for (int i = 0; i < 3; i++)
        {
            detections.Clear();
            detections.Add(new Box(float.NaN, 0, 1, 1), 0.9f, 0);
            detections.Add(new Box(10, 10, 50, 50), 0.9f, 0);
            detections.Add(new Box(10, 10, 10, 50), 0.9f, 0); // no width
            detections.Add(new Box(0, 0, float.PositiveInfinity, 50), 0.9f, 0);
            tracker.Update(detections);
            Assert.Equal([0, 1, 0, 0], detections.TrackIds.ToArray());
        }
    }

    [Fact]
    public void Nothing_is_allocated_in_steady_state()
    {
        var tracker = new OcSortTracker(new OcSortOptions { MaxAge = 5 });
        var detections = new Detections();
        int frame = 0;
        Assert.Equal(0, Allocations.Of(() =>
        {
            TrackerScenes.ComeAndGo(detections, ++frame);
            tracker.Update(detections);
        }));
    }

    [Theory]
    [InlineData(1.5, 0.3, 3, 0.2)]
    [InlineData(0.5, -0.1, 3, 0.2)]
    [InlineData(0.5, 0.3, 0, 0.2)]
    [InlineData(0.5, 0.3, 3, double.NaN)]
    public void Impossible_settings_are_refused(double threshold, double iou, int deltaT, double inertia) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new OcSortTracker(new OcSortOptions { DetectionThreshold = threshold, IouThreshold = iou, DeltaT = deltaT, Inertia = inertia }));
}
