namespace EdgeVision;

/// <summary>Where a repetition stands.</summary>
public enum RepetitionPhase
{
    /// <summary>Nothing beyond either threshold was seen yet.</summary>
    Unknown,
    /// <summary>The signal was last at or below the low threshold.</summary>
    Low,
    /// <summary>The signal was last at or above the high threshold.</summary>
    High,
}

/// <summary>
/// Counts repetitions of a movement from one signal, such as the angle of a joint: two thresholds with nothing decided between them
/// (hysteresis), so that trembling at one of them counts nothing. A squat is knee angles of 170° → 90° → 170°.
/// </summary>
public sealed class RepetitionCounter
{
    private readonly double _low, _high;
    private readonly TimeSpan _least;
    private readonly RepetitionPhase _from;
    private TimeSpan _began, _last;
    private bool _started;

    // Whether the other phase was reached from the one where a repetition begins.
    private bool _turned;

    /// <summary>Prepares a counter.</summary>
    /// <param name="low">At or below is down.</param>
    /// <param name="high">At or above is up; above <paramref name="low"/>.</param>
    /// <param name="from">The phase where a repetition begins and ends: High for a squat's knee angle, Low for raising an arm.</param>
    /// <param name="least">Shortest repetition that counts; quicker ones are noise. 200 ms by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">The thresholds are no numbers or the wrong way round, or the phase is no phase.</exception>
    public RepetitionCounter(double low, double high, RepetitionPhase from = RepetitionPhase.High, TimeSpan? least = null)
    {
        if (!(low < high) || !double.IsFinite(low) || !double.IsFinite(high))
        {
            throw new ArgumentOutOfRangeException(nameof(low), $"the low threshold lies below the high one; {low} and {high} do not");
        }

        if (from is not (RepetitionPhase.Low or RepetitionPhase.High))
        {
            throw new ArgumentOutOfRangeException(nameof(from), "a repetition begins at Low or at High");
        }

        (_low, _high, _from, _least) = (low, high, from, least ?? TimeSpan.FromMilliseconds(200));
        ArgumentOutOfRangeException.ThrowIfLessThan(_least, TimeSpan.Zero, nameof(least));
    }

    /// <summary>Repetitions counted.</summary>
    public int Count { get; private set; }

    /// <summary>Where the movement stands.</summary>
    public RepetitionPhase Phase { get; private set; }

    /// <summary>How long the last repetition took, from leaving its phase to coming back.</summary>
    public TimeSpan LastDuration { get; private set; }

    /// <summary>Takes the signal on. Values that are no numbers and times that go back are left out.</summary>
    /// <param name="time">When it was measured.</param>
    /// <param name="value">The signal.</param>
    /// <returns>Whether a repetition was finished.</returns>
    public bool Update(TimeSpan time, double value)
    {
        if (double.IsNaN(value) || _started && time < _last)
        {
            return false;
        }

        (_started, _last) = (true, time);
        if (value > _low && value < _high)
        {
            return false;
        }

        var phase = value <= _low ? RepetitionPhase.Low : RepetitionPhase.High;
        bool fromRest = Phase == _from, counts = false;
        if (phase == _from)
        {
            var duration = time - _began;
            counts = !fromRest && _turned && duration >= _least;
            if (counts)
            {
                LastDuration = duration;
                Count++;
            }

            // A repetition begins with the last sample at rest.
            (_began, _turned) = (time, false);
        }
        else
        {
            _turned |= fromRest;
        }

        Phase = phase;
        return counts;
    }

    /// <summary>Counts from 0 again.</summary>
    public void Reset() => (Count, Phase, LastDuration, _began, _last, _started, _turned) = (0, RepetitionPhase.Unknown, default, default, default, false, false);

    /// <summary>
    /// Angle at the joint <paramref name="b"/> between the limbs to <paramref name="a"/> and <paramref name="c"/>: 0..180 degrees; NaN where
    /// a keypoint is scored below <paramref name="leastScore"/> or a limb has no length.
    /// </summary>
    public static double JointAngle(in Keypoint a, in Keypoint b, in Keypoint c, float leastScore = 0.3f)
    {
        if (!(a.Score >= leastScore && b.Score >= leastScore && c.Score >= leastScore))
        {
            return double.NaN;
        }

        double ux = a.X - (double)b.X, uy = a.Y - (double)b.Y, vx = c.X - (double)b.X, vy = c.Y - (double)b.Y;
        if (ux == 0 && uy == 0 || vx == 0 && vy == 0)
        {
            return double.NaN;
        }

        return Math.Atan2(Math.Abs(ux * vy - uy * vx), ux * vx + uy * vy) * 180 / Math.PI;
    }
}
