using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tracking.Tests;

/// <summary>On a drawn scene seen by a camera whose motion is known.</summary>
public sealed class CameraMotionEstimatorTests
{
    [Theory]
    [InlineData(0, 1, 0, 0)] // at rest
    [InlineData(0, 1, 7.3, -4.6)] // a pan
    [InlineData(0, 1, 31, 12)] // a fast pan
    [InlineData(2, 1, 3, 5)] // a turn
    [InlineData(0, 1.04, -8, 2)] // a zoom
    [InlineData(-1.5, 0.97, 11, -6)] // all together
    public void Finds_the_camera_motion(double degrees, double zoom, double shiftX, double shiftY)
    {
        foreach (var (width, height) in ((int, int)[])[(320, 240), (1280, 720), (480, 641)])
        {
            double scale = width / 640.0;
            var motion = Motion(degrees, zoom, shiftX * scale, shiftY * scale, width, height);
            var estimator = new CameraMotionEstimator();
            using var first = Scene(width, height, AffineMotion.Identity);
            using var second = Scene(width, height, motion);
            Assert.Equal(AffineMotion.Identity, estimator.Estimate(first));
            var found = estimator.Estimate(second);
            Assert.True(estimator.InlierCount >= 20, $"{estimator.InlierCount} points");
            foreach (var (x, y) in ((double, double)[])[(0, 0), (width, 0), (width, height), (0, height), (width / 2.0, height / 2.0)])
            {
                var (ex, ey) = motion.Apply(x, y);
                var (ax, ay) = found.Apply(x, y);
                // A fifth of a pixel of the picture it works on, at the corners.
                double limit = 0.2 * Math.Max(1, Math.Max(width, height) / 480.0);
                Assert.True(Math.Abs(ex - ax) < limit && Math.Abs(ey - ay) < limit, $"{width}x{height} at {x},{y}: {ax - ex:F3}, {ay - ey:F3}");
            }
        }
    }

    [Fact]
    public void What_moves_by_itself_is_left_out()
    {
        // The greater part of the picture moves to the right with an object; the camera stands.
        var boxes = new Detections();
        boxes.Add(new Box(90, 10, 630, 350), 0.9f, 0);
        var estimator = new CameraMotionEstimator();
        using var first = Scene(640, 360, AffineMotion.Identity);
        using var second = Scene(640, 360, AffineMotion.Identity);
        using var moved = Scene(640, 360, AffineMotion.Identity with { ShiftX = 9 });
        for (int y = 20; y < 340; y++)
        {
            moved.Data.Slice(y * moved.Stride + 100, 520).CopyTo(second.MutableData[(y * second.Stride + 100)..]);
        }

        estimator.Estimate(first, boxes);
        var found = estimator.Estimate(second, boxes);
        Assert.True(estimator.InlierCount >= 8);
        Assert.Equal(0, found.ShiftX, 0.2);
        estimator.Reset();
        estimator.Estimate(first);
        Assert.Equal(9, estimator.Estimate(second).Apply(320, 180).X - 320, 0.5);
    }

    [Fact]
    public void Nothing_to_hold_on_to_is_no_motion()
    {
        using var flat = Frame.Rent(PixelFormat.Gray8, 320, 240);
        flat.MutableData.Fill(90);
        using var scene = Scene(320, 240, AffineMotion.Identity);
        using var noise = Frame.Rent(PixelFormat.Gray8, 320, 240);
        new Random(5).NextBytes(noise.MutableData);
        using var small = Scene(160, 120, AffineMotion.Identity);
        using var dot = Scene(1, 1, AffineMotion.Identity);
        var estimator = new CameraMotionEstimator();
        foreach (var frame in (Frame[])[flat, flat, scene, flat, scene, noise, scene, small, dot, dot])
        {
            Assert.Equal(AffineMotion.Identity, estimator.Estimate(frame));
            Assert.Equal(0, estimator.InlierCount);
        }
    }

    [Fact]
    public void Nothing_is_allocated_in_steady_state()
    {
        var estimator = new CameraMotionEstimator();
        using var first = Scene(320, 240, AffineMotion.Identity);
        using var second = Scene(320, 240, AffineMotion.Identity with { ShiftX = 3 });
        int turn = 0;
        estimator.Estimate(first);
        Assert.Equal(0, Allocations.Of(() => estimator.Estimate(turn++ % 2 == 0 ? second : first)));
    }

    // Turns and zooms about the middle.
    private static AffineMotion Motion(double degrees, double zoom, double shiftX, double shiftY, int width, int height)
    {
        double a = zoom * Math.Cos(degrees * Math.PI / 180), b = zoom * Math.Sin(degrees * Math.PI / 180), cx = width / 2.0, cy = height / 2.0;
        return new AffineMotion(a, -b, cx - a * cx + b * cy + shiftX, b, a, cy - b * cx - a * cy + shiftY);
    }

    /// <summary>A gray picture of smooth blobs and edges, defined at every real place, after the motion.</summary>
    internal static Frame Scene(int width, int height, AffineMotion motion)
    {
        var frame = Frame.Rent(PixelFormat.Gray8, width, height);
        var random = new Random(11);
        double unit = Math.Max(width, height) / 640.0;
        var blobs = Enumerable.Range(0, 260).Select(_ => (X: random.NextDouble() * 900 - 130, Y: random.NextDouble() * 1160 - 260, R: 6 + random.NextDouble() * 22, V: random.NextDouble() * 120 - 60, Square: random.Next(2) == 0)).ToArray();
        double determinant = motion.Xx * motion.Yy - motion.Xy * motion.Yx;
        var pixels = frame.MutableData;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                double px = x + 0.5 - motion.ShiftX, py = y + 0.5 - motion.ShiftY;
                double sx = (motion.Yy * px - motion.Xy * py) / determinant / unit, sy = (motion.Xx * py - motion.Yx * px) / determinant / unit;
                double value = 128;
                foreach (var (bx, by, r, v, square) in blobs)
                {
                    double dx = Math.Abs(sx - bx), dy = Math.Abs(sy - by);
                    if (dx < r + 3 && dy < r + 3)
                    {
                        double distance = square ? Math.Max(dx, dy) : Math.Sqrt(dx * dx + dy * dy);
                        value += v * Math.Clamp((r - distance) / 2 + 0.5, 0, 1);
                    }
                }

                pixels[y * frame.Stride + x] = (byte)Math.Clamp(value, 0, 255);
            }
        }

        return frame;
    }
}
