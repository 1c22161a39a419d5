namespace EdgeVision.Tracking;

/// <summary>Phase of a repetition.</summary>
public enum RepetitionPhase
{
    /// <summary>The signal has not been beyond either threshold yet.</summary>
    Unknown,
    /// <summary>The signal was last at or below the low threshold.</summary>
    Low,
    /// <summary>The signal was last at or above the high threshold.</summary>
    High,
}

/// <summary>Counts repetitions of a movement from one signal, such as a joint angle, with hysteresis.</summary>
/// <remarks>
/// The phase does not change between the two thresholds, so jitter at one of them counts nothing. A squat is knee angles of
/// 170° → 90° → 170°.
/// </remarks>
public sealed class RepetitionCounter
{
    private readonly double _low, _high;
    private readonly TimeSpan _least;
    private readonly RepetitionPhase _from;
    private TimeSpan _began, _last;
    private bool _started;

    // Whether the opposite phase was reached since the repetition began.
    private bool _turned;

    /// <summary>Initializes a counter.</summary>
    /// <param name="low">Threshold of the low phase: values at or below it.</param>
    /// <param name="high">Threshold of the high phase: values at or above it; above <paramref name="low"/>.</param>
    /// <param name="startPhase">The phase where a repetition begins and ends: High for a squat's knee angle, Low for raising an arm.</param>
    /// <param name="minDuration">Minimum duration of a repetition; shorter ones are noise. 200 ms by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The thresholds are not finite or not in order, the phase is neither Low nor High, or the duration is negative.
    /// </exception>
    public RepetitionCounter(double low, double high, RepetitionPhase startPhase = RepetitionPhase.High, TimeSpan? minDuration = null)
    {
        if (!(low < high) || !double.IsFinite(low) || !double.IsFinite(high))
        {
            throw new ArgumentOutOfRangeException(
                nameof(low), $"the low threshold must be below the high one, both finite; got {low} and {high}");
        }

        if (startPhase is not (RepetitionPhase.Low or RepetitionPhase.High))
        {
            throw new ArgumentOutOfRangeException(nameof(startPhase), $"a repetition must begin at Low or High; got {startPhase}");
        }

        (_low, _high, _from, _least) = (low, high, startPhase, minDuration ?? TimeSpan.FromMilliseconds(200));
        ArgumentOutOfRangeException.ThrowIfLessThan(_least, TimeSpan.Zero, nameof(minDuration));
    }

    /// <summary>Number of repetitions counted.</summary>
    public int Count { get; private set; }

    /// <summary>Current phase of the movement.</summary>
    public RepetitionPhase Phase { get; private set; }

    /// <summary>Duration of the last repetition, from leaving its starting phase to returning to it.</summary>
    public TimeSpan LastDuration { get; private set; }

    /// <summary>Adds a sample. Values that are NaN and times that go back are ignored.</summary>
    /// <param name="time">Time of the sample.</param>
    /// <param name="value">Value of the signal.</param>
    /// <returns>Whether the sample completes a repetition.</returns>
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

    /// <summary>Resets the counter to its initial state.</summary>
    public void Reset() => (Count, Phase, LastDuration, _began, _last, _started, _turned) =
        (0, RepetitionPhase.Unknown, default, default, default, false, false);

    /// <summary>Computes the angle at joint <paramref name="b"/> between the limbs to the other two, 0 to 180 degrees.</summary>
    /// <remarks>
    /// The limbs go from <paramref name="b"/> to <paramref name="a"/> and to <paramref name="c"/>. NaN if a keypoint's score is below
    /// <paramref name="minScore"/> or a limb has no length.
    /// </remarks>
    public static double GetJointAngle(in Keypoint a, in Keypoint b, in Keypoint c, float minScore = 0.3f)
    {
        if (!(a.Score >= minScore && b.Score >= minScore && c.Score >= minScore))
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
