namespace EdgeVision.Messaging.Tests.Support;

/// <summary>A clock that goes only where the test moves it.</summary>
internal sealed class ManualClock : TimeProvider
{
    private TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + _now;

    public void Advance(double seconds) => _now += TimeSpan.FromSeconds(seconds);
}
