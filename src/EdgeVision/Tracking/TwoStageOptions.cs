namespace EdgeVision;

/// <summary>Thresholds and motion model of a <see cref="TwoStageTracker"/>.</summary>
/// <param name="AspectState">The filter's shape is aspect ratio and height (ByteTrack), else width and height (BoT-SORT).</param>
/// <param name="High">Score above which detections are matched first.</param>
/// <param name="Low">Score above which detections below <paramref name="High"/> are matched second.</param>
/// <param name="New">Minimum score at which a track begins.</param>
/// <param name="Match">Limit of the first stage's cost.</param>
/// <param name="LostFrames">Number of frames after which a lost track is removed.</param>
/// <param name="ByClass">Whether a track is only matched with detections of its class.</param>
/// <param name="Proximity">Maximum 1 - IoU at which appearance counts.</param>
/// <param name="Appearance">Maximum half cosine distance at which appearance counts.</param>
internal sealed record TwoStageOptions(
    bool AspectState,
    double High,
    double Low,
    double New,
    double Match,
    int LostFrames,
    bool ByClass,
    double Proximity = 0.5,
    double Appearance = 0.25)
{
    private const double PositionWeight = 1.0 / 20, SpeedWeight = 1.0 / 160;

    /// <summary>Returns centre and shape of an observation, as the filters measure them.</summary>
    public (double Cx, double Cy, double ShapeX, double ShapeY) Measured(in Observation o)
    {
        double w = o.X2 - o.X1, h = o.Y2 - o.Y1;
        return (o.X1 + w / 2, o.Y1 + h / 2, AspectState ? w / h : w, h);
    }

    /// <summary>Creates the filters of a track that begins at an observation.</summary>
    public (PlanarFilter Center, PlanarFilter Shape) Start(double cx, double cy, double shapeX, double shapeY)
    {
        double across = AspectState ? shapeY : shapeX, down = shapeY;
        double px = Square(2 * PositionWeight * across), py = Square(2 * PositionWeight * down);
        double vx = Square(10 * SpeedWeight * across), vy = Square(10 * SpeedWeight * down);
        return (PlanarFilter.At(cx, cy, px, py, vx, vy),
            AspectState ? PlanarFilter.At(shapeX, shapeY, 1e-4, py, 1e-10, vy) : PlanarFilter.At(shapeX, shapeY, px, py, vx, vy));
    }

    /// <summary>Returns the process noise of one time step, as variances.</summary>
    public (
        (double Position, double Speed) X,
        (double Position, double Speed) Y,
        (double Position, double Speed) ShapeX,
        (double Position, double Speed) ShapeY) StepNoise(TrackedObject t)
    {
        double across = AspectState ? t.Shape.Y : t.Shape.X, down = t.Shape.Y;
        var x = (Square(PositionWeight * across), Square(SpeedWeight * across));
        var y = (Square(PositionWeight * down), Square(SpeedWeight * down));
        return (x, y, AspectState ? (1e-4, 1e-10) : x, y);
    }

    /// <summary>Returns the measurement noise, as variances.</summary>
    public (double X, double Y, double ShapeX, double ShapeY) MeasurementNoise(TrackedObject t)
    {
        double x = Square(PositionWeight * (AspectState ? t.Shape.Y : t.Shape.X)), y = Square(PositionWeight * t.Shape.Y);
        return (x, y, AspectState ? 1e-2 : x, y);
    }

    private static double Square(double v) => v * v;
}
