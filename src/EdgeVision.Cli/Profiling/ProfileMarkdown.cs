using System.Text;
using EdgeVision.Profiling;
using EdgeVision.Profiling.Selection;

namespace EdgeVision.Cli.Profiling;

/// <summary>Formats rows as a GitHub table, with the picks of the budgets.</summary>
internal static class ProfileMarkdown
{
    public static string Format(IReadOnlyList<ProfileRow> rows, IReadOnlyList<ProfileChoice> choices)
    {
        var table = ProfileColumns.Of(rows);
        var text = new StringBuilder();
        if (table.Rows.Count > 0)
        {
            Table(
                text,
                [.. table.Columns.Select(c => c.Title)],
                [.. table.Columns.Select(c => c.IsNumber)],
                table.Rows.Select(r => table.Columns.Select(c => c.Cell(r))));
            List(text, table.Legend.Select(l => $"`{l[0]}`{Escape(l[1..])}"));
        }

        List(text, table.Rows
            .Where(r => !r.Stable && r.Unstable.Length > 0)
            .Select(r => Escape($"unstable: {ProfileConfiguration.FromRow(r)}: {string.Join("; ", r.Unstable)}"))
            .Concat(table.Failed.Select(r => Escape($"failed: {ProfileConfiguration.FromRow(r)}: {r.Error}"))));
        foreach (var choice in choices)
        {
            text.Append('\n').Append($"**Budget {Escape(choice.Budget.Text)}, {Escape(choice.Group.ToString())}**: ");
            text.Append($"{Escape(ProfileTable.FormatPick(choice))}\n\n");
            if (choice.Others.Count > 0)
            {
                Table(
                    text,
                    ["configuration", "why not"],
                    [false, false],
                    choice.Others.Select(o => (IEnumerable<string>)[ProfileConfiguration.FromRow(o.Row).ToString(), o.Reason]));
            }
        }

        return text.ToString();
    }

    /// <summary>Appends a table; cells are escaped.</summary>
    public static void Table(
        StringBuilder text, IReadOnlyList<string> titles, IReadOnlyList<bool> numbers, IEnumerable<IEnumerable<string>> rows)
    {
        text.Append("| ").AppendJoin(" | ", titles.Select(Escape)).Append(" |\n");
        text.Append('|').AppendJoin('|', numbers.Select(n => n ? "--:" : "---")).Append("|\n");
        foreach (var row in rows)
        {
            text.Append("| ").AppendJoin(" | ", row.Select(Escape)).Append(" |\n");
        }
    }

    /// <summary>Escapes text so that Markdown shows it unchanged on one line.</summary>
    /// <remarks>A name can neither end its table cell nor become markup or HTML.</remarks>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            _ = c switch
            {
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '&' => escaped.Append("&amp;"),
                '|' or '\\' or '`' or '*' or '_' or '[' or ']' or '~' => escaped.Append('\\').Append(c),
                _ => escaped.Append(char.IsControl(c) ? ' ' : c),
            };
        }

        return escaped.ToString();
    }

    private static void List(StringBuilder text, IEnumerable<string> lines)
    {
        string[] all = [.. lines];
        if (all.Length > 0)
        {
            text.Append('\n').AppendJoin('\n', all.Select(l => $"- {l}")).Append('\n');
        }
    }
}
