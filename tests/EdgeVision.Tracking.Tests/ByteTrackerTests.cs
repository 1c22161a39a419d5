using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tracking.Tests.TrackerScenes;

namespace EdgeVision.Tracking.Tests;

/// <summary>The reference's rules one by one; whole sequences against the reference itself are in the fidelity tests.</summary>
public sealed class ByteTrackerTests
{
    [Fact]
    public void A_track_begins_at_once_on_the_first_frame_and_on_its_second_sight_later()
    {
        var tracker = new ByteTracker();
        Assert.Equal([1], Step(tracker, (10, 10, 0.9f)));
        Assert.Equal([1, 0], Step(tracker, (11, 10, 0.9f), (200, 10, 0.9f)));
        Assert.Equal([1, 2], Step(tracker, (12, 10, 0.9f), (201, 10, 0.9f)));
        Assert.Equal(3, tracker.Tracks[0].Frames);
        Assert.Equal(2, tracker.Tracks[1].Frames);
    }

    [Theory]
    [InlineData(0.59f, 0)] // high, yet below the score at which a track begins
    [InlineData(0.6f, 1)]
    [InlineData(0.5f, 0)] // neither high nor low
    [InlineData(0.2f, 0)] // low ones begin nothing
    public void A_track_begins_a_tenth_above_the_threshold(float score, int id) =>
        Assert.Equal([id], Step(new ByteTracker(), (10, 10, score)));

    [Theory]
    [InlineData(0.3f, 1)] // a low score keeps a track
    [InlineData(0.5f, 0)] // at the threshold it is lost to both stages
    [InlineData(0.1f, 0)] // too low for both
    [InlineData(0.05f, 0)]
    public void Low_scores_go_to_the_tracks_that_are_left(float score, int id)
    {
        var tracker = new ByteTracker();
        Step(tracker, (10, 10, 0.9f));
        Assert.Equal([id], Step(tracker, (10, 10, score)));
    }

    [Fact]
    public void A_lost_track_comes_back_with_its_id_while_it_is_kept()
    {
        var tracker = new ByteTracker(new ByteTrackOptions { TrackBuffer = 3 });
        Step(tracker, (10, 10, 0.9f), (300, 300, 0.9f));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal([2], Step(tracker, (300, 300, 0.9f)));
        }

        Assert.Equal([2, 1], Step(tracker, (300, 300, 0.9f), (10, 10, 0.9f)));
    }

    [Fact]
    public void A_lost_track_is_given_up_after_the_buffer()
    {
        var tracker = new ByteTracker(new ByteTrackOptions { TrackBuffer = 3 });
        Step(tracker, (10, 10, 0.9f), (300, 300, 0.9f));
        for (int i = 0; i < 5; i++)
        {
            Step(tracker, (300, 300, 0.9f));
        }

        Assert.Equal([2, 0], Step(tracker, (300, 300, 0.9f), (10, 10, 0.9f)));
        Assert.Equal([2, 3], Step(tracker, (300, 300, 0.9f), (10, 10, 0.9f)));
    }

    [Fact]
    public void By_class_a_track_keeps_to_its_class()
    {
        foreach (bool byClass in (bool[])[false, true])
        {
            var tracker = new ByteTracker(new ByteTrackOptions { MatchWithinClass = byClass });
            var detections = new Detections();
            detections.Add(new Box(10, 10, 50, 50), 0.9f, 3);
            tracker.Update(detections);
            detections.Clear();
            detections.Add(new Box(10, 10, 50, 50), 0.9f, 4);
            tracker.Update(detections);
            Assert.Equal(byClass ? 0 : 1, detections.TrackIds[0]);
        }
    }

    [Fact]
    public void What_is_no_number_stays_without_a_track_and_harms_no_other()
    {
        var tracker = new ByteTracker();
        var detections = new Detections();
        for (int frame = 0; frame < 3; frame++)
        {
            detections.Clear();
            detections.Add(new Box(float.NaN, 10, 50, 50), 0.9f, 0);
            detections.Add(new Box(10, 10, float.PositiveInfinity, 50), 0.9f, 0);
            detections.Add(new Box(50, 50, 10, 10), 0.9f, 0);
            detections.Add(new Box(10, 10, 50, 50), float.NaN, 0);
            detections.Add(new Box(10, 10, 50, 50), 0.9f, 0);
            detections.Add(new Box(90, 90, 120, 90), 0.9f, 0); // a line has no aspect ratio
            tracker.Update(detections);
            Assert.Equal([0, 0, 0, 0, 1, 0], detections.TrackIds.ToArray());
            foreach (var track in tracker.Tracks)
            {
                Assert.True(float.IsFinite(track.Box.X1 + track.Box.Y1 + track.Box.X2 + track.Box.Y2));
            }
        }
    }

    [Fact]
    public void After_a_reset_ids_begin_with_one()
    {
        var tracker = new ByteTracker();
        Step(tracker, (10, 10, 0.9f), (100, 10, 0.9f));
        tracker.Reset();
        Assert.Equal(0, tracker.Tracks.Length);
        Assert.Equal([1], Step(tracker, (300, 10, 0.9f)));
    }

    [Fact]
    public void Nothing_is_allocated_in_steady_state()
    {
        var tracker = new ByteTracker(new ByteTrackOptions { TrackBuffer = 5 });
        var detections = new Detections();
        int frame = 0;
        Assert.Equal(0, Allocations.Of(() =>
        {
            TrackerScenes.ComeAndGo(detections, ++frame);
            tracker.Update(detections);
        }));
        Assert.True(tracker.Tracks.Length > 5);
    }

    [Theory]
    [InlineData(1.1, 0.8, 30, 30)]
    [InlineData(0.5, double.NaN, 30, 30)]
    [InlineData(0.5, 0.8, -1, 30)]
    [InlineData(0.5, 0.8, 30, 0)]
    public void Impossible_settings_are_refused(double threshold, double match, int buffer, double rate) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ByteTracker(new ByteTrackOptions { TrackThreshold = threshold, MatchThreshold = match, TrackBuffer = buffer, FrameRate = rate }));
}
