using EdgeVision.Pipeline.Rules;
using Xunit;

namespace EdgeVision.Pipeline.Tests.Rules;

/// <summary>Squats of a stick figure, whose knee's angle is known.</summary>
public sealed class RepetitionRuleTests
{
    private const int LeftHip = 11, RightHip = 12, LeftKnee = 13, RightKnee = 14, LeftAnkle = 15, RightAnkle = 16;

    private static readonly RepetitionRuleOptions Squat = new() { Joints = ["hip", "knee", "ankle"], Low = 100, High = 160 };

    [Theory]
    [InlineData("hip", "knee", "ankle")] // both sides, by name
    [InlineData("left_hip", "LEFT_KNEE", "left_ankle")] // one side, in any case
    [InlineData("11", "13", "15")] // by number
    public void Squats_are_counted_for_each_track(params string[] joints)
    {
        var rule = new RepetitionRule("squats", Squat with { Joints = joints });
        List<string> events = [];
        double total = 0;
        for (int i = 0; i <= 60; i++)
        {
            // Track 1 goes down and up every two seconds, track 2 stands.
            double angle = 130 + 45 * Math.Cos(i * 0.1 * Math.PI);
            using var frame = Figures(i * 0.1, (1, angle), (2, 175));
            rule.Update(frame);
            events.AddRange(frame.Events.Select(e => $"{e.Kind} {e.TrackId}"));
            total = frame.Counts.Single().Value;
        }

        Assert.Equal(["repetition 1", "repetition 1", "repetition 1"], events);
        Assert.Equal(3, total);
    }

    [Fact]
    public void Without_a_tracker_the_best_detection_is_followed()
    {
        var rule = new RepetitionRule("squats", Squat);
        double[] angles = [170, 90, 170];
        int events = 0;
        for (int i = 0; i < angles.Length; i++)
        {
            using var frame = Figures(i, (0, angles[i]), (0, 170));
            rule.Update(frame);
            events += frame.Events.Count;
        }

        Assert.Equal(1, events);
    }

    [Fact]
    public void A_distance_is_a_share_of_the_box()
    {
        // Hip to ankle over the height of the box, 100: both limbs are 40 long, so straight legs give 0.8 and a right angle 0.57.
        var rule = new RepetitionRule("squats", new RepetitionRuleOptions { Joints = ["left_hip", "left_ankle"], Low = 0.6, High = 0.75 });
        double[] angles = [180, 90, 180];
        int events = 0;
        for (int i = 0; i < angles.Length; i++)
        {
            using var frame = Figures(i, (1, angles[i]));
            rule.Update(frame);
            events += frame.Events.Count;
        }

        Assert.Equal(1, events);
    }

    [Fact]
    public void A_source_that_came_back_goes_on_counting()
    {
        var rule = new RepetitionRule("squats", Squat);
        foreach (var (time, angle) in ((double, double)[])[(0, 170), (1, 90), (2, 170)])
        {
            using var frame = Figures(time, (1, angle));
            rule.Update(frame);
        }

        rule.Reset();
        using var after = Figures(0, (1, 170));
        rule.Update(after);
        Assert.Empty(after.Events);
        Assert.Equal(1, after.Counts.Single().Value);
    }

    [Theory]
    [InlineData("no keypoint 'tail'", 17, "hip", "tail", "ankle")]
    [InlineData("numbers from 0 to 4", 5, "hip", "knee", "ankle")] // nobody names these five
    public void A_model_without_such_keypoints_is_an_error_that_says_what_there_is(string message, int keypoints, params string[] joints)
    {
        var rule = new RepetitionRule("squats", Squat with { Joints = joints });
        using var frame = new PipelineFrame(Frame.Rent(PixelFormat.Gray8, 10, 10), "gym", "pose");
        frame.Result.Detections.Clear(keypoints);
        frame.Result.Detections.Labels = ["person"];
        frame.Result.Detections.Add(new Box(0, 0, 10, 10), 0.9f, 0);
        Assert.Contains(message, Assert.Throws<EdgeVisionException>(() => rule.Update(frame)).Message);
    }

    [Fact]
    public void Keypoints_of_a_pose_model_on_detections_count_as_well()
    {
        var rule = new RepetitionRule("squats", Squat);
        double[] angles = [170, 90, 170];
        int events = 0;
        for (int i = 0; i < angles.Length; i++)
        {
            using var frame = new PipelineFrame(Frame.Rent(PixelFormat.Gray8, 200, 200, timestamp: TimeSpan.FromSeconds(i)), "gym", "people");
            var people = frame.Result.Detections;
            people.Clear();
            people.ClearTracks();
            people.SetTrackId(people.Add(new Box(0, 0, 10, 10), 0.9f, 0), 7); // nobody looked at this one
            people.SetTrackId(people.Add(new Box(50, 50, 100, 150), 0.9f, 0), 8);
            using var figure = Figures(i, (0, angles[i]));
            var found = frame.AddCrop("pose", 1).Result.Detections;
            found.Clear(17);
            found.Add(new Box(50, 50, 100, 150), 0.9f, 0);
            figure.Result.Detections.GetKeypoints(0).CopyTo(found.GetMutableKeypoints(0));
            rule.Update(frame);
            events += frame.Events.Count(e => e.TrackId == 8);
        }

        Assert.Equal(1, events);
    }

    public static TheoryData<string, RepetitionRuleOptions> Impossible => new()
    {
        { "3 joints", Squat with { Joints = ["knee"] } },
        { "low threshold", Squat with { Low = 170 } },
        { "between 0 and 1", Squat with { MinScore = 2 } },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void What_is_impossible_is_refused(string message, RepetitionRuleOptions options) =>
        Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => new RepetitionRule("x", options)).Message);

    // Limbs of 40 pixels: the thigh upright above the knee, the shin at the angle to it.
    private static PipelineFrame Figures(double seconds, params (int Track, double Angle)[] figures)
    {
        var frame = new PipelineFrame(Frame.Rent(PixelFormat.Gray8, 200, 200, timestamp: TimeSpan.FromSeconds(seconds)), "gym", "pose");
        var detections = frame.Result.Detections;
        detections.Clear(17);
        detections.Labels = ["person"];
        if (figures[0].Track > 0)
        {
            detections.ClearTracks();
        }

        foreach (var (track, angle) in figures)
        {
            int i = detections.Add(new Box(50, 50, 100, 150), 0.9f, 0);
            var points = detections.GetMutableKeypoints(i);
            double turn = angle * Math.PI / 180;
            points[LeftHip] = points[RightHip] = new Keypoint(75, 60, 0.9f);
            points[LeftKnee] = points[RightKnee] = new Keypoint(75, 100, 0.9f);
            points[LeftAnkle] = points[RightAnkle] = new Keypoint((float)(75 + 40 * Math.Sin(turn)), (float)(100 - 40 * Math.Cos(turn)), 0.9f);
            if (track > 0)
            {
                detections.SetTrackId(i, track);
            }
        }

        return frame;
    }
}
