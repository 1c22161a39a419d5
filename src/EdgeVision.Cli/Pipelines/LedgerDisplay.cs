using System.Globalization;

namespace EdgeVision.Cli;

/// <summary>
/// The accounts on standard error while a pipeline runs: a table that is drawn anew each second where a person sees it, a line every ten seconds
/// where it goes to a log. Notices stand above it, with their time.
/// </summary>
internal sealed class LedgerDisplay : IDisposable
{
    private static readonly TimeSpan Redraw = TimeSpan.FromSeconds(1), LogInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Func<LedgerSnapshot> _snapshot;
    private readonly TextWriter _to;
    private readonly bool _quiet, _terminal;
    private readonly Timer? _timer;
    private int _drawn;
    private bool _ended;

    /// <param name="snapshot">Gives the accounts.</param>
    /// <param name="quiet">Whether only what went wrong is said.</param>
    public LedgerDisplay(Func<LedgerSnapshot> snapshot, bool quiet)
        : this(snapshot, quiet, Console.Error, !Console.IsErrorRedirected)
    {
    }

    internal LedgerDisplay(Func<LedgerSnapshot> snapshot, bool quiet, TextWriter to, bool terminal)
    {
        (_snapshot, _quiet, _to, _terminal) = (snapshot, quiet, to, terminal);
        var interval = terminal ? Redraw : LogInterval;
        _timer = quiet ? null : new Timer(_ => Try(Show), null, interval, interval);
    }

    /// <summary>Says what the pipeline has to say.</summary>
    public void Say(PipelineNotice notice)
    {
        if (_quiet && notice.Level == NoticeLevel.Information)
        {
            return;
        }

        string level = notice.Level switch { NoticeLevel.Error => " error:", NoticeLevel.Warning => " warning:", _ => "" };
        lock (_lock)
        {
            Try(() =>
            {
                Erase();
                _to.WriteLine($"{DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}{level} {notice.Component}: {notice.Message}");
            });
        }
    }

    /// <summary>Draws the accounts as they stand.</summary>
    internal void Show()
    {
        var ledger = _snapshot();
        lock (_lock)
        {
            if (_ended)
            {
                return;
            }

            if (!_terminal)
            {
                _to.WriteLine(LedgerReport.Line(ledger));
                return;
            }

            Erase();
            int columns = Columns();
            foreach (string line in LedgerReport.Table(ledger))
            {
                // A line that wraps would be two to erase.
                _to.WriteLine(line.Length < columns ? line : line[..(columns - 1)]);
                _drawn++;
            }
        }
    }

    /// <summary>Takes the table away.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        lock (_lock)
        {
            Try(Erase);
            _ended = true;
        }
    }

    // The terminal or the log's disk may be gone, which is no reason to end a pipeline: on a timer's thread it would end the process.
    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (IOException)
        {
        }
    }

    // Up by the lines that were drawn, and everything below away.
    private void Erase()
    {
        if (_drawn > 0)
        {
            _to.Write($"\x1b[{_drawn.ToString(CultureInfo.InvariantCulture)}A\x1b[J");
            _drawn = 0;
        }
    }

    private static int Columns()
    {
        try
        {
            return Console.WindowWidth is > 20 and var width ? width : 80;
        }
        catch (IOException)
        {
            return 80;
        }
    }
}
