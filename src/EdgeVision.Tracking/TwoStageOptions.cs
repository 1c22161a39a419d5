namespace EdgeVision.Tracking;

/// <summary>Thresholds and motion model of a <see cref="TwoStageTracker"/>.</summary>
/// <param name="UseAspectRatio">The filter's shape is aspect ratio and height (ByteTrack), else width and height (BoT-SORT).</param>
/// <param name="HighThreshold">Score above which detections are matched first.</param>
/// <param name="LowThreshold">Score above which detections below <paramref name="HighThreshold"/> are matched second.</param>
/// <param name="NewThreshold">Minimum score at which a track begins.</param>
/// <param name="MatchThreshold">Limit of the first stage's cost.</param>
/// <param name="MaxLostFrames">Number of frames after which a lost track is removed.</param>
/// <param name="MatchWithinClass">Whether a track is only matched with detections of its class.</param>
/// <param name="ProximityThreshold">Maximum 1 - IoU at which appearance counts.</param>
/// <param name="AppearanceThreshold">Maximum half cosine distance at which appearance counts.</param>
internal sealed record TwoStageOptions(
    bool UseAspectRatio,
    double HighThreshold,
    double LowThreshold,
    double NewThreshold,
    double MatchThreshold,
    int MaxLostFrames,
    bool MatchWithinClass,
    double ProximityThreshold = 0.5,
    double AppearanceThreshold = 0.25)
{
    private const double PositionWeight = 1.0 / 20, VelocityWeight = 1.0 / 160;

    /// <summary>Returns centre and shape of an observation, as the filters measure them.</summary>
    public (double Cx, double Cy, double ShapeX, double ShapeY) ToMeasurement(in Observation o)
    {
        double w = o.X2 - o.X1, h = o.Y2 - o.Y1;
        return (o.X1 + w / 2, o.Y1 + h / 2, UseAspectRatio ? w / h : w, h);
    }

    /// <summary>Creates the filters of a track that begins at an observation.</summary>
    public (KalmanFilter2D Center, KalmanFilter2D Shape) CreateFilters(double cx, double cy, double shapeX, double shapeY)
    {
        double across = UseAspectRatio ? shapeY : shapeX, down = shapeY;
        double px = Square(2 * PositionWeight * across), py = Square(2 * PositionWeight * down);
        double vx = Square(10 * VelocityWeight * across), vy = Square(10 * VelocityWeight * down);
        return (KalmanFilter2D.Create(cx, cy, px, py, vx, vy),
            UseAspectRatio ? KalmanFilter2D.Create(shapeX, shapeY, 1e-4, py, 1e-10, vy) : KalmanFilter2D.Create(shapeX, shapeY, px, py, vx, vy));
    }

    /// <summary>Returns the process noise of one time step, as variances.</summary>
    public (
        (double Position, double Speed) X,
        (double Position, double Speed) Y,
        (double Position, double Speed) ShapeX,
        (double Position, double Speed) ShapeY) GetProcessNoise(TrackedObject t)
    {
        double across = UseAspectRatio ? t.Shape.Y : t.Shape.X, down = t.Shape.Y;
        var x = (Square(PositionWeight * across), Square(VelocityWeight * across));
        var y = (Square(PositionWeight * down), Square(VelocityWeight * down));
        return (x, y, UseAspectRatio ? (1e-4, 1e-10) : x, y);
    }

    /// <summary>Returns the measurement noise, as variances.</summary>
    public (double X, double Y, double ShapeX, double ShapeY) GetMeasurementNoise(TrackedObject t)
    {
        double x = Square(PositionWeight * (UseAspectRatio ? t.Shape.Y : t.Shape.X)), y = Square(PositionWeight * t.Shape.Y);
        return (x, y, UseAspectRatio ? 1e-2 : x, y);
    }

    private static double Square(double v) => v * v;
}
