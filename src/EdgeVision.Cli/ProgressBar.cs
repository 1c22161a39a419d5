namespace EdgeVision.Cli;

/// <summary>Shows a progress bar on standard error, only on a terminal and for more than one image.</summary>
internal sealed class ProgressBar(int total) : IDisposable
{
    private readonly bool _shown = total > 1 && !Console.IsErrorRedirected;
    private readonly long _start = System.Diagnostics.Stopwatch.GetTimestamp();
    private int _done;

    public void Step()
    {
        _done++;
        if (!_shown)
        {
            return;
        }

        const int Width = 30;
        int full = _done * Width / total;
        double seconds = System.Diagnostics.Stopwatch.GetElapsedTime(_start).TotalSeconds;
        double left = seconds / _done * (total - _done);
        string bar = new string('#', full) + new string('.', Width - full);
        Console.Error.Write(FormattableString.Invariant($"\r[{bar}] {_done}/{total}  {_done / seconds:F1} images/s  {left:F0} s left "));
    }

    public void Dispose()
    {
        if (_shown)
        {
            Console.Error.Write("\r" + new string(' ', 78) + "\r");
        }
    }
}
