namespace EdgeVision.Cli.DataSets;

/// <summary>Labels that were left out because they are broken: counted, and the first of them shown.</summary>
internal sealed class LabelProblems(TextWriter to)
{
    private const int Shown = 20;
    private readonly HashSet<string> _lines = new(StringComparer.Ordinal);

    /// <summary>How many there are.</summary>
    public int Count => _lines.Count;

    /// <summary>Takes one; the same line again is the same problem.</summary>
    public void Add(string line)
    {
        if (!_lines.Add(line))
        {
            return;
        }

        if (Count <= Shown)
        {
            to.WriteLine($"edgevision: label skipped: {line.ReplaceLineEndings(" ")}");
        }
        else if (Count == Shown + 1)
        {
            to.WriteLine("edgevision: more labels are skipped; their number is given at the end");
        }
    }
}
