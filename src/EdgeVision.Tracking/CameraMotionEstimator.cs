namespace EdgeVision.Tracking;

/// <summary>Estimates the camera motion between two frames as a similarity transform (shift, rotation, zoom).</summary>
/// <remarks>
/// Corners are followed by optical flow, RANSAC (Fischler and Bolles 1981) finds the similarity transform that most of them agree
/// with, and a least-squares fit to those inliers refines it. Corresponds to OpenCV's <c>goodFeaturesToTrack</c>,
/// <c>calcOpticalFlowPyrLK</c> and <c>estimateAffinePartial2D</c>, which BoT-SORT uses. Works on luminance with at most 480 pixels
/// on the longer side; the random draws are seeded.
/// </remarks>
public sealed class CameraMotionEstimator
{
    private const int RansacIterations = 200, MinInliers = 8;
    private const double InlierDistance = 1.0;
    private readonly LucasKanadeFlow _flow = new();
    private readonly (float X, float Y)[] _before = new (float, float)[LucasKanadeFlow.MaxPoints];
    private readonly (float X, float Y)[] _after = new (float, float)[LucasKanadeFlow.MaxPoints];
    private GrayPyramid _last = new(), _next = new();
    private Box[] _lastBoxes = [];
    private int _lastBoxCount;
    private bool _started;

    /// <summary>Number of points that agree with the last motion (RANSAC inliers); 0 if no motion was found.</summary>
    public int InlierCount { get; private set; }

    /// <summary>Estimates the motion since the last frame, in pixels of the frame.</summary>
    /// <remarks>
    /// Returns <see cref="AffineMotion.Identity"/> for the first frame, after a cut, and if the image has too few points to follow.
    /// </remarks>
    /// <param name="frame">This frame.</param>
    /// <param name="detections">Objects that move on their own in this frame; excluded from the estimate for the next frame.</param>
    public AffineMotion Estimate(Frame frame, Detections? detections = null)
    {
        ArgumentNullException.ThrowIfNull(frame);
        _next.Build(frame);
        var motion = AffineMotion.Identity;
        InlierCount = 0;
        if (_started && _next.IsComparableTo(_last))
        {
            int count = _flow.TrackPoints(_last, _next, _lastBoxes.AsSpan(0, _lastBoxCount), _before, _after);
            motion = Fit(count);
        }

        (_last, _next) = (_next, _last);
        _started = true;
        StoreBoxes(detections is null ? default : detections.Boxes);
        return motion;
    }

    /// <summary>Forgets the last frame.</summary>
    public void Reset() => (_started, _lastBoxCount, InlierCount) = (false, 0, 0);

    private void StoreBoxes(ReadOnlySpan<Box> boxes)
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
        if (count < MinInliers)
        {
            return AffineMotion.Identity;
        }

        // A local generator with the same seed for every frame: results do not depend on earlier calls.
        uint state = 2463534242;
        var best = default(SimilarityTransform);
        int most = 0;
        for (int draw = 0; draw < RansacIterations; draw++)
        {
            int i = Next(ref state, count), j = Next(ref state, count);
            if (i == j || !SimilarityTransform.TryFromPoints(_before[i], _before[j], _after[i], _after[j], out var candidate))
            {
                continue;
            }

            int inliers = 0;
            for (int k = 0; k < count; k++)
            {
                inliers += candidate.IsInlier(_before[k], _after[k]) ? 1 : 0;
            }

            if (inliers > most)
            {
                (most, best) = (inliers, candidate);
            }
        }

        if (most < MinInliers || most * 3 < count)
        {
            return AffineMotion.Identity;
        }

        var fitted = best;
        for (int round = 0; round < 2; round++)
        {
            fitted = SimilarityTransform.LeastSquares(_before.AsSpan(0, count), _after.AsSpan(0, count), fitted);
        }

        InlierCount = most;
        return ToFrame(fitted);
    }

    // A position x in the frame, measured from its left edge, is x / scale - 1/2 in the reduced image, measured from the centre of its
    // first pixel.
    private AffineMotion ToFrame(in SimilarityTransform s)
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
    private readonly record struct SimilarityTransform(double A, double B, double X, double Y)
    {
        public bool IsInlier((float X, float Y) from, (float X, float Y) to)
        {
            double dx = A * from.X - B * from.Y + X - to.X, dy = B * from.X + A * from.Y + Y - to.Y;
            return dx * dx + dy * dy <= InlierDistance * InlierDistance;
        }

        public static bool TryFromPoints(
            (float X, float Y) p, (float X, float Y) q, (float X, float Y) p2, (float X, float Y) q2, out SimilarityTransform found)
        {
            double dx = q.X - p.X, dy = q.Y - p.Y, ex = q2.X - p2.X, ey = q2.Y - p2.Y, square = dx * dx + dy * dy;
            found = default;
            if (square < 100)
            {
                return false;
            }

            double a = (dx * ex + dy * ey) / square, b = (dx * ey - dy * ex) / square;
            found = new SimilarityTransform(a, b, p2.X - a * p.X + b * p.Y, p2.Y - b * p.X - a * p.Y);
            return a * a + b * b is > 0.25 and < 4;
        }

        public static SimilarityTransform LeastSquares(ReadOnlySpan<(float X, float Y)> from, ReadOnlySpan<(float X, float Y)> to, SimilarityTransform near)
        {
            double n = 0, mx = 0, my = 0, ux = 0, uy = 0;
            for (int i = 0; i < from.Length; i++)
            {
                if (near.IsInlier(from[i], to[i]))
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
                if (near.IsInlier(from[i], to[i]))
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
            return new SimilarityTransform(a, b, ux - a * mx + b * my, uy - b * mx - a * my);
        }
    }
}
