namespace EdgeVision;

/// <summary>Estimates the camera motion between two frames as a similarity transform (shift, rotation, zoom).</summary>
/// <remarks>
/// Corners are followed by optical flow, RANSAC (Fischler and Bolles 1981) finds the similarity transform that most of them agree
/// with, and a least-squares fit to those inliers refines it. Corresponds to OpenCV's <c>goodFeaturesToTrack</c>,
/// <c>calcOpticalFlowPyrLK</c> and <c>estimateAffinePartial2D</c>, which BoT-SORT uses. Works on luminance with at most 480 pixels
/// on the longer side; the random draws are seeded.
/// </remarks>
public sealed class CameraMotionEstimator
{
    private const int Draws = 200, LeastInliers = 8;
    private const double InlierDistance = 1.0;
    private readonly SparseFlow _flow = new();
    private readonly (float X, float Y)[] _before = new (float, float)[SparseFlow.MostPoints];
    private readonly (float X, float Y)[] _after = new (float, float)[SparseFlow.MostPoints];
    private GrayPyramid _last = new(), _next = new();
    private Box[] _lastBoxes = [];
    private int _lastBoxCount;
    private bool _started;

    /// <summary>Number of points that agree with the last motion (RANSAC inliers); 0 if no motion was found.</summary>
    public int Inliers { get; private set; }

    /// <summary>Estimates the motion since the last frame, in pixels of the frame.</summary>
    /// <remarks>
    /// Returns <see cref="AffineMotion.None"/> for the first frame, after a cut, and if the image has too few points to follow.
    /// </remarks>
    /// <param name="frame">This frame.</param>
    /// <param name="detections">Objects that move on their own in this frame; excluded from the estimate for the next frame.</param>
    public AffineMotion Estimate(Frame frame, Detections? detections = null)
    {
        ArgumentNullException.ThrowIfNull(frame);
        _next.Fill(frame);
        var motion = AffineMotion.None;
        Inliers = 0;
        if (_started && _next.IsLike(_last))
        {
            int count = _flow.Follow(_last, _next, _lastBoxes.AsSpan(0, _lastBoxCount), _before, _after);
            motion = Fit(count);
        }

        (_last, _next) = (_next, _last);
        _started = true;
        Keep(detections is null ? default : detections.Boxes);
        return motion;
    }

    /// <summary>Forgets the last frame.</summary>
    public void Reset() => (_started, _lastBoxCount, Inliers) = (false, 0, 0);

    private void Keep(ReadOnlySpan<Box> boxes)
    {
        if (_lastBoxes.Length < boxes.Length)
        {
            _lastBoxes = new Box[Math.Max(boxes.Length, _lastBoxes.Length * 2)];
        }

        boxes.CopyTo(_lastBoxes);
        _lastBoxCount = boxes.Length;
    }

    private AffineMotion Fit(int count)
    {
        if (count < LeastInliers)
        {
            return AffineMotion.None;
        }

        // A local generator with the same seed for every frame: results do not depend on earlier calls.
        uint state = 2463534242;
        var best = default(Similarity);
        int most = 0;
        for (int draw = 0; draw < Draws; draw++)
        {
            int i = Next(ref state, count), j = Next(ref state, count);
            if (i == j || !Similarity.Through(_before[i], _before[j], _after[i], _after[j], out var candidate))
            {
                continue;
            }

            int inliers = 0;
            for (int k = 0; k < count; k++)
            {
                inliers += candidate.Agrees(_before[k], _after[k]) ? 1 : 0;
            }

            if (inliers > most)
            {
                (most, best) = (inliers, candidate);
            }
        }

        if (most < LeastInliers || most * 3 < count)
        {
            return AffineMotion.None;
        }

        var fitted = best;
        for (int round = 0; round < 2; round++)
        {
            fitted = Similarity.LeastSquares(_before.AsSpan(0, count), _after.AsSpan(0, count), fitted);
        }

        Inliers = most;
        return ToFrame(fitted);
    }

    // A position x in the frame, measured from its left edge, is x / scale - 1/2 in the reduced image, measured from the centre of its
    // first pixel.
    private AffineMotion ToFrame(in Similarity s)
    {
        var (sx, sy) = _last.Scale;
        return new AffineMotion(
            s.A, -s.B * sx / sy, (s.X + 0.5 - 0.5 * s.A + 0.5 * s.B) * sx,
            s.B * sy / sx, s.A, (s.Y + 0.5 - 0.5 * s.B - 0.5 * s.A) * sy);
    }

    private static int Next(ref uint state, int below)
    {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        return (int)(state % (uint)below);
    }

    /// <summary>x' = A x - B y + X, y' = B x + A y + Y.</summary>
    private readonly record struct Similarity(double A, double B, double X, double Y)
    {
        public bool Agrees((float X, float Y) from, (float X, float Y) to)
        {
            double dx = A * from.X - B * from.Y + X - to.X, dy = B * from.X + A * from.Y + Y - to.Y;
            return dx * dx + dy * dy <= InlierDistance * InlierDistance;
        }

        public static bool Through(
            (float X, float Y) p, (float X, float Y) q, (float X, float Y) p2, (float X, float Y) q2, out Similarity found)
        {
            double dx = q.X - p.X, dy = q.Y - p.Y, ex = q2.X - p2.X, ey = q2.Y - p2.Y, square = dx * dx + dy * dy;
            found = default;
            if (square < 100)
            {
                return false;
            }

            double a = (dx * ex + dy * ey) / square, b = (dx * ey - dy * ex) / square;
            found = new Similarity(a, b, p2.X - a * p.X + b * p.Y, p2.Y - b * p.X - a * p.Y);
            return a * a + b * b is > 0.25 and < 4;
        }

        public static Similarity LeastSquares(ReadOnlySpan<(float X, float Y)> from, ReadOnlySpan<(float X, float Y)> to, Similarity near)
        {
            double n = 0, mx = 0, my = 0, ux = 0, uy = 0;
            for (int i = 0; i < from.Length; i++)
            {
                if (near.Agrees(from[i], to[i]))
                {
                    (n, mx, my, ux, uy) = (n + 1, mx + from[i].X, my + from[i].Y, ux + to[i].X, uy + to[i].Y);
                }
            }

            if (n < 2)
            {
                return near;
            }

            (mx, my, ux, uy) = (mx / n, my / n, ux / n, uy / n);
            double square = 0, dot = 0, cross = 0;
            for (int i = 0; i < from.Length; i++)
            {
                if (near.Agrees(from[i], to[i]))
                {
                    double px = from[i].X - mx, py = from[i].Y - my, qx = to[i].X - ux, qy = to[i].Y - uy;
                    square += px * px + py * py;
                    dot += px * qx + py * qy;
                    cross += px * qy - py * qx;
                }
            }

            if (square <= 0)
            {
                return near;
            }

            double a = dot / square, b = cross / square;
            return new Similarity(a, b, ux - a * mx + b * my, uy - b * mx - a * my);
        }
    }
}
