namespace EdgeVision.Pipeline.Ledger;

/// <summary>Events per second over the last five full seconds. Not thread-safe.</summary>
internal sealed class RateMeter(TimeProvider clock)
{
    private const int Seconds = 5;
    private readonly long _start = clock.GetTimestamp();
    private readonly int[] _counts = new int[Seconds + 1]; // and the current second
    private long _second;

    public void Record()
    {
        Advance();
        _counts[_second % _counts.Length]++;
    }

    public double GetRate()
    {
        double elapsed = Advance();
        int sum = 0;
        for (long s = Math.Max(0, _second - Seconds); s < _second; s++)
        {
            sum += _counts[s % _counts.Length];
        }

        return _second >= 1 ? sum / (double)Math.Min(Seconds, _second) : elapsed > 0 ? _counts[0] / Math.Max(elapsed, 0.1) : 0;
    }

    private double Advance()
    {
        double elapsed = clock.GetElapsedTime(_start).TotalSeconds;
        long now = (long)elapsed;
        for (long s = Math.Max(_second + 1, now - Seconds); s <= now; s++)
        {
            _counts[s % _counts.Length] = 0;
        }

        _second = Math.Max(_second, now);
        return elapsed;
    }
}
