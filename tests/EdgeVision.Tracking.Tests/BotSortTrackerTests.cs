using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tracking.Tests;

/// <summary>What BoT-SORT adds to ByteTrack, whose order of steps has tests of its own: the filter, the camera, the looks.</summary>
public sealed class BotSortTrackerTests
{
    [Fact]
    public void The_box_is_that_of_an_eight_dimensional_filter_turned_by_the_camera()
    {
        var random = new Random(9);
        var tracker = new BotSortTracker();
        double[] mean = [];
        double[,] covariance = new double[8, 8];
        var motion = new AffineMotion(1.01, -0.02, 4, 0.02, 0.99, -3);
        for (int frame = 0; frame < 25; frame++)
        {
            float x = 300 + 5 * frame + random.NextSingle() * 4, y = 200 + random.NextSingle() * 4, w = 80 + random.NextSingle() * 6, h = 160 + random.NextSingle() * 6;
            var detections = new Detections();
            detections.Add(new Box(x, y, x + w, y + h), 0.9f, 0);
            var b = detections.Boxes[0];
            double[] z = [((double)b.X1 + b.X2) / 2, ((double)b.Y1 + b.Y2) / 2, (double)b.X2 - b.X1, (double)b.Y2 - b.Y1];
            tracker.Update(detections, motion, default, 0);
            if (frame == 0)
            {
                mean = [.. z, 0, 0, 0, 0];
                for (int i = 0; i < 8; i++)
                {
                    double side = z[i % 2 + 2];
                    covariance[i, i] = Math.Pow(i < 4 ? side / 10 : side / 16, 2);
                }
            }
            else
            {
                Predict(ref mean, ref covariance);
                Warp(ref mean, ref covariance, motion);
                Correct(ref mean, ref covariance, z);
            }

            var box = tracker.Tracks[0].Box;
            Assert.Equal(mean[0] - mean[2] / 2, box.X1, 1e-3);
            Assert.Equal(mean[1] - mean[3] / 2, box.Y1, 1e-3);
            Assert.Equal(mean[0] + mean[2] / 2, box.X2, 1e-3);
            Assert.Equal(mean[1] + mean[3] / 2, box.Y2, 1e-3);
        }
    }

    [Theory]
    [InlineData(true, 1)] // the tracks go with the camera
    [InlineData(false, 0)]
    public void A_jump_of_the_camera_keeps_ids(bool told, int id)
    {
        var tracker = new BotSortTracker();
        for (int i = 0; i < 5; i++)
        {
            Step(tracker, AffineMotion.Identity, null, (100, 100));
        }

        var jump = AffineMotion.Identity with { ShiftX = 90 };
        Assert.Equal([id], Step(tracker, told ? jump : AffineMotion.Identity, null, (190, 100)));
    }

    [Fact]
    public void The_camera_motion_is_taken_from_the_frames()
    {
        var tracker = new BotSortTracker();
        using var first = CameraMotionEstimatorTests.Scene(640, 360, AffineMotion.Identity);
        using var second = CameraMotionEstimatorTests.Scene(640, 360, AffineMotion.Identity with { ShiftX = 30 });
        var detections = new Detections();
        detections.Add(new Box(100, 100, 140, 140), 0.9f, 0);
        tracker.Update(detections, first);
        detections.Clear();
        detections.Add(new Box(130, 100, 170, 140), 0.9f, 0);
        tracker.Update(detections, second);
        Assert.Equal(30, tracker.CameraMotion.Apply(320, 180).X - 320, 0.3);
        Assert.Equal([1], detections.TrackIds.ToArray());

        var still = new BotSortTracker(new BotSortOptions { UseCameraMotion = false });
        still.Update(detections, first);
        still.Update(detections, second);
        Assert.Equal(AffineMotion.Identity, still.CameraMotion);
    }

    [Fact]
    public void Looks_tell_two_apart_that_cross()
    {
        float[] red = [1, 0, 0], blue = [0, 0, 5];
        foreach (bool looks in (bool[])[true, false])
        {
            var tracker = new BotSortTracker();
            for (int i = 0; i < 5; i++)
            {
                Step(tracker, AffineMotion.Identity, looks ? [.. red, .. blue] : null, (100, 100), (112, 100));
            }

            // They change places; overlap alone would leave the ids where they are.
            int[] ids = Step(tracker, AffineMotion.Identity, looks ? [.. blue, .. red] : null, (100, 100), (112, 100));
            Assert.Equal(looks ? [2, 1] : [1, 2], ids);
        }
    }

    [Fact]
    public void Looks_do_not_count_from_afar()
    {
        var tracker = new BotSortTracker();
        for (int i = 0; i < 5; i++)
        {
            Step(tracker, AffineMotion.Identity, [1, 0], (100, 100));
        }

        Assert.Equal([0], Step(tracker, AffineMotion.Identity, [1, 0], (300, 100)));
    }

    [Theory]
    [InlineData(0.69f, 0)]
    [InlineData(0.7f, 1)]
    public void A_track_begins_at_its_own_threshold(float score, int id)
    {
        var detections = new Detections();
        detections.Add(new Box(10, 10, 50, 50), score, 0);
        new BotSortTracker().Update(detections);
        Assert.Equal([id], detections.TrackIds.ToArray());
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData(4, 0)]
    [InlineData(2, 1)]
    public void Embeddings_fit_the_detections(int numbers, int length)
    {
        var detections = new Detections();
        detections.Add(new Box(10, 10, 50, 50), 0.9f, 0);
        Assert.Throws<ArgumentException>(() => new BotSortTracker().Update(detections, AffineMotion.Identity, new float[numbers], length));
    }

    [Fact]
    public void Looks_that_are_no_numbers_do_not_decide()
    {
        var tracker = new BotSortTracker();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal([1], Step(tracker, AffineMotion.Identity, [float.NaN, float.PositiveInfinity], (100, 100)));
        }
    }

    [Fact]
    public void Nothing_is_allocated_in_steady_state()
    {
        var tracker = new BotSortTracker(new BotSortOptions { TrackBuffer = 5 });
        var detections = new Detections();
        float[] looks = [.. Enumerable.Range(0, 30 * 16).Select(i => (float)Math.Sin(i))];
        int frame = 0;
        Assert.Equal(0, Allocations.Of(() =>
        {
            TrackerScenes.ComeAndGo(detections, ++frame);
            tracker.Update(detections, AffineMotion.Identity with { ShiftX = 1 }, looks.AsSpan(0, detections.Count * 16), 16);
        }));
    }

    private static int[] Step(BotSortTracker tracker, AffineMotion motion, float[]? looks, params (float X, float Y)[] found)
    {
        var detections = new Detections();
        foreach (var (x, y) in found)
        {
            detections.Add(new Box(x, y, x + 40, y + 40), 0.9f, 0);
        }

        tracker.Update(detections, motion, looks, looks is null ? 0 : looks.Length / found.Length);
        return detections.TrackIds.ToArray();
    }

    private static void Predict(ref double[] mean, ref double[,] covariance)
    {
        double[,] f = new double[8, 8];
        for (int i = 0; i < 8; i++)
        {
            f[i, i] = 1;
            if (i < 4)
            {
                f[i, i + 4] = 1;
            }
        }

        double[] sides = [mean[2], mean[3]];
        mean = Times(f, mean);
        covariance = Sandwich(f, covariance);
        for (int i = 0; i < 8; i++)
        {
            covariance[i, i] += Math.Pow(sides[i % 2] / (i < 4 ? 20 : 160), 2);
        }
    }

    private static void Warp(ref double[] mean, ref double[,] covariance, AffineMotion m)
    {
        double[,] r = new double[8, 8];
        for (int i = 0; i < 8; i += 2)
        {
            (r[i, i], r[i, i + 1], r[i + 1, i], r[i + 1, i + 1]) = (m.Xx, m.Xy, m.Yx, m.Yy);
        }

        mean = Times(r, mean);
        mean[0] += m.ShiftX;
        mean[1] += m.ShiftY;
        covariance = Sandwich(r, covariance);
    }

    // The measurements' noise is independent, so one number after the other is the same as all at once.
    private static void Correct(ref double[] mean, ref double[,] p, double[] z)
    {
        double[] noise = [.. Enumerable.Range(0, 4).Select(i => 0.0)];
        for (int k = 0; k < 4; k++)
        {
            noise[k] = Math.Pow(mean[k % 2 + 2] / 20, 2);
        }

        for (int k = 0; k < 4; k++)
        {
            double s = p[k, k] + noise[k], y = z[k] - mean[k];
            double[,] next = new double[8, 8];
            for (int i = 0; i < 8; i++)
            {
                for (int j = 0; j < 8; j++)
                {
                    next[i, j] = p[i, j] - p[i, k] * p[k, j] / s;
                }
            }

            for (int i = 0; i < 8; i++)
            {
                mean[i] += p[i, k] / s * y;
            }

            p = next;
        }
    }

    private static double[] Times(double[,] a, double[] x)
    {
        double[] y = new double[8];
        for (int i = 0; i < 8; i++)
        {
            for (int k = 0; k < 8; k++)
            {
                y[i] += a[i, k] * x[k];
            }
        }

        return y;
    }

    private static double[,] Sandwich(double[,] a, double[,] p)
    {
        double[,] c = new double[8, 8];
        for (int i = 0; i < 8; i++)
        {
            for (int j = 0; j < 8; j++)
            {
                for (int k = 0; k < 8; k++)
                {
                    for (int l = 0; l < 8; l++)
                    {
                        c[i, j] += a[i, k] * p[k, l] * a[j, l];
                    }
                }
            }
        }

        return c;
    }
}
