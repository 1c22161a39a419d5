using System.Text;
using Xunit;

[assembly: AssemblyFixture(typeof(EdgeVision.Fidelity.Goldens.GoldenTable))]

namespace EdgeVision.Fidelity.Goldens;

/// <summary>
/// The table of all comparisons with reference results, printed when the last test has run, and written to the file that
/// EDGEVISION_GOLDEN_TABLE names or to <c>golden.md</c> beside the test program.
/// </summary>
public sealed class GoldenTable : IDisposable
{
    private static readonly Lock Gate = new();
    private static readonly List<(string Case, string What, string Largest, string Limit)> Rows = [];

    /// <summary>Adds a row.</summary>
    public static void Add(string name, string what, string largest, string limit)
    {
        lock (Gate)
        {
            Rows.Add((name, what, largest, limit));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        string table;
        lock (Gate)
        {
            if (Rows.Count == 0)
            {
                return;
            }

            table = Format([.. Rows.OrderBy(r => r.Case, StringComparer.Ordinal)]);
        }

        Console.WriteLine(table);
        string path = Environment.GetEnvironmentVariable("EDGEVISION_GOLDEN_TABLE") is { Length: > 0 } named ? named : Path.Combine(AppContext.BaseDirectory, "golden.md");
        File.WriteAllText(path, table);
    }

    private static string Format((string Case, string What, string Largest, string Limit)[] rows)
    {
        (string, string, string, string)[] all = [("case", "compared", "largest difference", "limit"), .. rows];
        int[] widths = [all.Max(r => r.Item1.Length), all.Max(r => r.Item2.Length), all.Max(r => r.Item3.Length), all.Max(r => r.Item4.Length)];
        var text = new StringBuilder();
        for (int i = 0; i < all.Length; i++)
        {
            var (a, b, c, d) = all[i];
            text.Append("| ").Append(a.PadRight(widths[0])).Append(" | ").Append(b.PadRight(widths[1])).Append(" | ")
                .Append(c.PadRight(widths[2])).Append(" | ").Append(d.PadRight(widths[3])).Append(" |\n");
            if (i == 0)
            {
                text.Append("| ").AppendJoin(" | ", widths.Select(w => new string('-', w))).Append(" |\n");
            }
        }

        return text.ToString();
    }
}
