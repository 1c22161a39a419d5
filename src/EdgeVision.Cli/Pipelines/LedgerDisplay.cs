using System.Globalization;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Ledger;

namespace EdgeVision.Cli.Pipelines;

/// <summary>Shows the statistics of a running pipeline on standard error.</summary>
/// <remarks>
/// On a terminal, a table that is redrawn every second; in a log, a line every ten seconds. Warnings are printed above the table, with
/// their time.
/// </remarks>
internal sealed class LedgerDisplay : IDisposable
{
    private static readonly TimeSpan Redraw = TimeSpan.FromSeconds(1), LogInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Func<PipelineStatistics> _snapshot;
    private readonly TextWriter _to;
    private readonly bool _quiet, _terminal;
    private readonly Timer? _timer;
    private int _drawn;
    private bool _ended;

    /// <param name="snapshot">Returns the current statistics.</param>
    /// <param name="quiet">True to print only warnings and errors.</param>
    public LedgerDisplay(Func<PipelineStatistics> snapshot, bool quiet)
        : this(snapshot, quiet, Console.Error, !Console.IsErrorRedirected)
    {
    }

    internal LedgerDisplay(Func<PipelineStatistics> snapshot, bool quiet, TextWriter to, bool terminal)
    {
        (_snapshot, _quiet, _to, _terminal) = (snapshot, quiet, to, terminal);
        var interval = terminal ? Redraw : LogInterval;
        _timer = quiet ? null : new Timer(_ => Try(Draw), null, interval, interval);
    }

    /// <summary>Prints a message of the pipeline.</summary>
    public void WriteMessage(PipelineMessage notice)
    {
        if (_quiet && notice.Level == PipelineMessageLevel.Information)
        {
            return;
        }

        string level = notice.Level switch { PipelineMessageLevel.Error => " error:", PipelineMessageLevel.Warning => " warning:", _ => "" };
        lock (_lock)
        {
            Try(() =>
            {
                Erase();
                _to.WriteLine(
                    $"{DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}{level} {notice.Component}: {notice.Text}");
            });
        }
    }

    /// <summary>Draws the current statistics.</summary>
    internal void Draw()
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
                _to.WriteLine(LedgerReport.FormatLine(ledger));
                return;
            }

            Erase();
            int columns = Columns();
            foreach (string line in LedgerReport.FormatTable(ledger))
            {
                // A wrapped line would take two lines to erase.
                _to.WriteLine(line.Length < columns ? line : line[..(columns - 1)]);
                _drawn++;
            }
        }
    }

    /// <summary>Erases the table and stops drawing.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        lock (_lock)
        {
            Try(Erase);
            _ended = true;
        }
    }

    // Losing the terminal or the log's disk must not end the pipeline: an exception on the timer's thread would end the process.
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

    // Moves the cursor up by the drawn lines and clears everything below.
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
