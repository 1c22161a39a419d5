using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tracking.Tests;

/// <summary>Against one filter a coordinate, and what it does with who comes, goes and is not sure.</summary>
public sealed class KeypointSmootherTests
{
    [Fact]
    public void Each_coordinate_goes_through_a_filter_of_its_own_with_speed_in_sizes_of_the_object()
    {
        var random = new Random(4);
        var smoother = new KeypointSmoother(0.5, 20, 1);
        // A speed scaled by 1/size with beta is the same as a speed in pixels with beta/size.
        OneEuroFilter x = new(0.5, 20 / 100.0, 1), y = new(0.5, 20 / 100.0, 1);
        for (int i = 0; i < 20; i++)
        {
            var time = TimeSpan.FromMilliseconds(33 * i);
            float px = 50 + i + random.NextSingle(), py = 80 + random.NextSingle();
            var d = Figures(1, (7, px, py, 0.9f));
            smoother.Smooth(d, time);
            Assert.Equal(x.Filter(time.TotalSeconds, px), d.GetKeypoints(0)[0].X, 1e-4);
            Assert.Equal(y.Filter(time.TotalSeconds, py), d.GetKeypoints(0)[0].Y, 1e-4);
            Assert.Equal(0.9f, d.GetKeypoints(0)[0].Score);
        }
    }

    [Fact]
    public void Objects_do_not_mix_when_they_change_places()
    {
        var smoother = new KeypointSmoother();
        for (int i = 0; i < 10; i++)
        {
            (int, float, float, float) a = (1, 10, 20, 1), b = (2, 500, 600, 1);
            var d = i % 2 == 0 ? Figures(1, a, b) : Figures(1, b, a);
            smoother.Smooth(d, TimeSpan.FromMilliseconds(33 * i));
            Assert.Equal(i % 2 == 0 ? 10 : 500, d.GetKeypoints(0)[0].X, 1e-4);
        }
    }

    [Fact]
    public void Without_a_track_and_below_the_least_score_points_stay()
    {
        var smoother = new KeypointSmoother(minScore: 0.5f);
        for (int i = 0; i < 5; i++)
        {
            var d = Figures(1, (0, 10 + 30 * i, 0, 1), (3, 10 + 30 * i, 0, 0.4f), (4, 10 + 30 * i, 0, 1));
            smoother.Smooth(d, TimeSpan.FromMilliseconds(33 * i));
            Assert.Equal(10 + 30 * i, d.GetKeypoints(0)[0].X);
            Assert.Equal(10 + 30 * i, d.GetKeypoints(1)[0].X);
            Assert.True(i == 0 || d.GetKeypoints(2)[0].X < 10 + 30 * i);
        }
    }

    [Fact]
    public void Who_was_gone_begins_anew()
    {
        var smoother = new KeypointSmoother(retention: TimeSpan.FromSeconds(0.5));
        smoother.Smooth(Figures(1, (1, 10, 10, 1)), TimeSpan.Zero);
        smoother.Smooth(Figures(1), TimeSpan.FromSeconds(0.6));
        var d = Figures(1, (1, 400, 10, 1));
        smoother.Smooth(d, TimeSpan.FromSeconds(0.7));
        Assert.Equal(400, d.GetKeypoints(0)[0].X);
    }

    [Fact]
    public void What_is_no_number_does_not_spoil_the_filter()
    {
        var smoother = new KeypointSmoother();
        smoother.Smooth(Figures(1, (1, 10, 10, 1)), TimeSpan.Zero);
        smoother.Smooth(Figures(1, (1, float.NaN, 10, 1)), TimeSpan.FromSeconds(0.1));
        smoother.Smooth(Figures(1, (1, 10, 10, float.NaN)), TimeSpan.FromSeconds(0.2));
        var d = Figures(1, (1, 11, 10, 1));
        smoother.Smooth(d, TimeSpan.FromSeconds(0.3));
        Assert.InRange(d.GetKeypoints(0)[0].X, 10, 11);
    }

    [Fact]
    public void Nothing_is_allocated_in_steady_state()
    {
        var smoother = new KeypointSmoother(retention: TimeSpan.FromSeconds(0.2));
        var d = new Detections();
        int frame = 0;
        Assert.Equal(0, Allocations.Of(() =>
        {
            frame++;
            d.Clear(keypointCount: 17);
            d.ClearTracks();
            for (int i = 0; i < 5; i++)
            {
                d.SetTrackId(d.Add(new Box(i * 100, 0, i * 100 + 50, 90), 0.9f, 0), 1 + i + frame / 10 * 5);
            }

            smoother.Smooth(d, TimeSpan.FromMilliseconds(frame * 33));
        }));
    }

    // Boxes of 100 by 100 pixels; a figure's first keypoint as given.
    private static Detections Figures(int keypoints, params (int Id, float X, float Y, float Score)[] figures)
    {
        var d = new Detections();
        d.Clear(keypointCount: keypoints);
        d.ClearTracks();
        foreach (var (id, x, y, score) in figures)
        {
            int i = d.Add(new Box(0, 0, 100, 100), 0.9f, 0);
            d.SetTrackId(i, id);
            d.GetMutableKeypoints(i)[0] = new Keypoint(x, y, score);
        }

        return d;
    }
}
