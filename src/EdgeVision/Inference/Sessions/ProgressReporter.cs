using System.Diagnostics;
using System.Globalization;

namespace EdgeVision.Inference.Sessions;

/// <summary>Reports a slow step: when it begins, at intervals while it runs, and when it ends.</summary>
internal sealed class ProgressReporter : IDisposable
{
    private readonly Action<string> _report;
    private readonly string _progressMessage;
    private readonly Func<string?> _endMessage;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly Timer _timer;
    private readonly Lock _lock = new();
    private bool _ended;

    /// <param name="report">Receives the messages, also on another thread, one at a time.</param>
    /// <param name="interval">Interval between messages.</param>
    /// <param name="startMessage">Message at the start.</param>
    /// <param name="progressMessage">Message at each interval; the elapsed time is appended.</param>
    /// <param name="endMessage">Returns the message at the end, to which the elapsed time is appended; null for no message.</param>
    public ProgressReporter(Action<string> report, TimeSpan interval, string startMessage, string progressMessage, Func<string?> endMessage)
    {
        (_report, _progressMessage, _endMessage) = (report, progressMessage, endMessage);
        report(startMessage);
        _timer = new Timer(_ => ReportProgress(), null, interval, interval);
    }

    public void Dispose()
    {
        _timer.Dispose();
        lock (_lock)
        {
            if (!_ended && _endMessage() is { } done)
            {
                _report($"{done}: {Elapsed}");
            }

            _ended = true;
        }
    }

    private string Elapsed => string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_began).TotalSeconds:F0} s");

    private void ReportProgress()
    {
        lock (_lock)
        {
            if (!_ended)
            {
                _report($"{_progressMessage}: {Elapsed} so far");
            }
        }
    }
}
