namespace EdgeVision;

/// <summary>
/// One-Euro filter (Casiez, Roussel and Vogel 2012) of one signal in double precision: a first-order low-pass whose cutoff rises with the
/// speed of the signal, so that slow motion is smooth and fast motion is not late. The speed is taken from the last filtered value. Time stamps are real.
/// </summary>
public sealed class OneEuroFilter
{
    private readonly double _minCutoff, _beta, _speedCutoff;
    private double _time, _value, _speed;
    private bool _started;

    /// <summary>Prepares a filter.</summary>
    /// <param name="minCutoff">Cutoff at rest in Hz, above 0: lower is smoother.</param>
    /// <param name="beta">Rise of the cutoff with speed, at least 0: higher is less late.</param>
    /// <param name="speedCutoff">Cutoff of the speed in Hz, above 0.</param>
    public OneEuroFilter(double minCutoff = 1, double beta = 0, double speedCutoff = 1)
    {
        if (!(minCutoff > 0) || !(beta >= 0) || !(speedCutoff > 0) || !double.IsFinite(minCutoff + beta + speedCutoff))
        {
            throw new ArgumentOutOfRangeException(nameof(minCutoff), "cutoffs lie above 0, and beta at 0 or above");
        }

        (_minCutoff, _beta, _speedCutoff) = (minCutoff, beta, speedCutoff);
    }

    /// <summary>
    /// The filtered value. The first one passes as it is. A value that is no number, or whose time is not after the last one's, changes
    /// nothing: the last filtered value comes again (the value itself before there is any).
    /// </summary>
    /// <param name="time">Seconds.</param>
    /// <param name="value">The signal.</param>
    public double Filter(double time, double value) => Filter(time, value, 1);

    /// <summary>The filtered value, where speed is measured in other units than the signal.</summary>
    /// <param name="time">Seconds.</param>
    /// <param name="value">The signal.</param>
    /// <param name="speedScale">Factor on the speed, such as 1 over the size of the object: what it raises the cutoff by.</param>
    public double Filter(double time, double value, double speedScale)
    {
        if (!double.IsFinite(value) || !double.IsFinite(time) || _started && time <= _time)
        {
            return _started ? _value : value;
        }

        if (!_started)
        {
            (_started, _time, _value, _speed) = (true, time, value, 0);
            return value;
        }

        double elapsed = time - _time;
        double speedAlpha = Alpha(elapsed, _speedCutoff);
        double speed = speedAlpha * ((value - _value) / elapsed * speedScale) + (1 - speedAlpha) * _speed;
        double alpha = Alpha(elapsed, _minCutoff + _beta * Math.Abs(speed));
        (_time, _speed, _value) = (time, speed, alpha * value + (1 - alpha) * _value);
        return _value;
    }

    /// <summary>Forgets everything.</summary>
    public void Reset() => (_started, _time, _value, _speed) = (false, 0, 0, 0);

    private static double Alpha(double elapsed, double cutoff)
    {
        double r = 2 * Math.PI * cutoff * elapsed;
        return r / (r + 1);
    }
}
