namespace EdgeVision.Tracking;

/// <summary>One-Euro filter (Casiez, Roussel and Vogel 2012) of one signal, in double precision, on real timestamps.</summary>
/// <remarks>
/// A first-order low-pass whose cutoff rises with the speed of the signal, so that slow motion is smooth and fast motion has little
/// lag. The speed is computed from the last filtered value.
/// </remarks>
public sealed class OneEuroFilter
{
    private readonly double _minCutoff, _beta, _speedCutoff;
    private double _time, _value, _speed;
    private bool _started;

    /// <summary>Initializes a filter.</summary>
    /// <param name="minCutoff">Cutoff frequency at rest in Hz, above 0; lower is smoother.</param>
    /// <param name="beta">Increase of the cutoff with speed, at least 0; higher reduces lag.</param>
    /// <param name="speedCutoff">Cutoff frequency of the speed in Hz, above 0.</param>
    public OneEuroFilter(double minCutoff = 1, double beta = 0, double speedCutoff = 1)
    {
        if (!(minCutoff > 0) || !(beta >= 0) || !(speedCutoff > 0) || !double.IsFinite(minCutoff + beta + speedCutoff))
        {
            throw new ArgumentOutOfRangeException(
                nameof(minCutoff),
                $"cutoffs must be above 0 and beta at least 0, all finite; got {minCutoff}, {speedCutoff} and {beta}");
        }

        (_minCutoff, _beta, _speedCutoff) = (minCutoff, beta, speedCutoff);
    }

    /// <summary>Filters one sample and returns the filtered value.</summary>
    /// <remarks>
    /// The first sample is returned unchanged. A sample that is not finite, or whose time is not later than the last one's, does not
    /// change the filter: the last filtered value is returned again (the sample itself before the first valid one).
    /// </remarks>
    /// <param name="time">Time in seconds.</param>
    /// <param name="value">The sample.</param>
    public double Filter(double time, double value) => Filter(time, value, 1);

    /// <summary>Filters one sample, measuring its speed in other units than the signal.</summary>
    /// <param name="time">Time in seconds.</param>
    /// <param name="value">The sample.</param>
    /// <param name="speedScale">Factor on the speed that raises the cutoff, such as 1 over the size of the object.</param>
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

    /// <summary>Resets the filter to its initial state.</summary>
    public void Reset() => (_started, _time, _value, _speed) = (false, 0, 0, 0);

    private static double Alpha(double elapsed, double cutoff)
    {
        double r = 2 * Math.PI * cutoff * elapsed;
        return r / (r + 1);
    }
}
