using System.Diagnostics;
using System.Globalization;

namespace EdgeVision;

/// <summary>Reports a slow step: when it begins, at intervals while it runs, and when it ends.</summary>
internal sealed class SlowStep : IDisposable
{
    private readonly Action<string> _tell;
    private readonly string _going;
    private readonly Func<string?> _done;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly Timer _timer;
    private readonly Lock _telling = new();
    private bool _ended;

    /// <param name="tell">Receives the messages, also on another thread, one at a time.</param>
    /// <param name="every">Interval between messages.</param>
    /// <param name="begins">Message at the start.</param>
    /// <param name="going">Message at each interval; the elapsed time is appended.</param>
    /// <param name="done">Returns the message at the end, to which the elapsed time is appended; null for no message.</param>
    public SlowStep(Action<string> tell, TimeSpan every, string begins, string going, Func<string?> done)
    {
        (_tell, _going, _done) = (tell, going, done);
        tell(begins);
        _timer = new Timer(_ => Go(), null, every, every);
    }

    public void Dispose()
    {
        _timer.Dispose();
        lock (_telling)
        {
            if (!_ended && _done() is { } done)
            {
                _tell($"{done}: {Elapsed}");
            }

            _ended = true;
        }
    }

    private string Elapsed => string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_began).TotalSeconds:F0} s");

    private void Go()
    {
        lock (_telling)
        {
            if (!_ended)
            {
                _tell($"{_going}: {Elapsed} so far");
            }
        }
    }
}
