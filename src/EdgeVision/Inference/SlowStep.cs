using System.Diagnostics;
using System.Globalization;

namespace EdgeVision;

/// <summary>Says that something takes long: when it begins, from time to time while it goes on, and when it has ended.</summary>
internal sealed class SlowStep : IDisposable
{
    private readonly Action<string> _tell;
    private readonly string _going;
    private readonly Func<string?> _done;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly Timer _timer;
    private readonly Lock _telling = new();
    private bool _ended;

    /// <param name="tell">Takes the sentences, on another thread too, one at a time.</param>
    /// <param name="every">Time between them.</param>
    /// <param name="begins">Said now.</param>
    /// <param name="going">Said from time to time, with the time it has taken.</param>
    /// <param name="done">What is said at the end, with the time it took; null says nothing.</param>
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
