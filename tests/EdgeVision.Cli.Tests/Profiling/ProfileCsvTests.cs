using System.Text.Json;
using EdgeVision.Cli.Profiling;
using EdgeVision.Profiling;
using EdgeVision.TestSupport.Profiling;
using Xunit;

namespace EdgeVision.Cli.Tests.Profiling;

public sealed class ProfileCsvTests
{
    [Fact]
    public void Every_line_has_every_field_and_cells_that_need_it_are_quoted()
    {
        var rows = Read(ProfileCsv.Format([ProfileRows.Row("a, \"b\"\nc"), ProfileRows.Failed("d", "it broke, twice")]));
        Assert.Equal(3, rows.Count);
        Assert.All(rows, r => Assert.Equal(rows[0].Length, r.Length));
        Assert.Equal("a, \"b\"\nc", Cell(rows, 1, "model"));
        Assert.Equal("it broke, twice", Cell(rows, 2, "error"));
        Assert.Equal("", Cell(rows, 2, "p99_ms"));
    }

    [Fact]
    public void Numbers_come_back_as_they_were_whatever_the_culture()
    {
        var row = ProfileRows.Row() with { P99Ms = 1.0 / 3, RateFps = 29.97, Mode = ProfileMode.Open };
        var before = System.Globalization.CultureInfo.CurrentCulture;
        try
        {
            var comma = (System.Globalization.CultureInfo)System.Globalization.CultureInfo.InvariantCulture.Clone();
            comma.NumberFormat.NumberDecimalSeparator = ",";
            System.Globalization.CultureInfo.CurrentCulture = comma;
            var rows = Read(ProfileCsv.Format([row]));
            Assert.Equal(row.P99Ms!.Value.ToString("R", System.Globalization.CultureInfo.InvariantCulture), Cell(rows, 1, "p99_ms"));
            Assert.Equal(("29.97", "open", "true", "2026-05-04T12:30:00.0000000Z"), (Cell(rows, 1, "rate_fps"), Cell(rows, 1, "mode"), Cell(rows, 1, "stable"), Cell(rows, 1, "measured_at")));
            Assert.Equal(row.WindowsP50Ms!.Length, Cell(rows, 1, "windows_p50_ms").Split(';').Length);
        }
        finally
        {
            System.Globalization.CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void What_the_json_has_in_one_value_is_here_under_its_name()
    {
        using var json = JsonDocument.Parse(ProfileJson.Serialize([ProfileRows.Row()]));
        string[] header = Read(ProfileCsv.Format([]))[0];
        // Objects are flattened, and operators, nodes and their placement are no single values.
        Assert.Equal(["energy", "frequency_mhz", "machine", "nodes", "operators", "placement", "queue_ms", "service_ms", "stages_max_ms", "stages_ms", "stages_p50_ms", "stages_p99_ms", "temperature_c"],
            json.RootElement[0].EnumerateObject().Select(p => p.Name).Except(header).Order(StringComparer.Ordinal));
        Assert.All(json.RootElement[0].GetProperty("machine").EnumerateObject(), p => Assert.Contains($"machine_{p.Name}", header));
        Assert.All(json.RootElement[0].GetProperty("temperature_c").EnumerateObject(), p => Assert.Contains($"temperature_c_{p.Name}", header));
        Assert.All(json.RootElement[0].GetProperty("stages_ms").EnumerateObject(), p => Assert.Contains($"stages_{p.Name}_ms", header));
    }

    private static string Cell(List<string[]> rows, int row, string column) => rows[row][Array.IndexOf(rows[0], column)];

    // A reader of its own, by the grammar of RFC 4180.
    private static List<string[]> Read(string text)
    {
        List<string[]> rows = [];
        List<string> row = [];
        for (int at = 0; at < text.Length;)
        {
            string cell = "";
            if (text[at] == '"')
            {
                for (at++; text[at] != '"' || text.ElementAtOrDefault(at + 1) == '"'; at++)
                {
                    at += text[at] == '"' ? 1 : 0;
                    cell += text[at];
                }

                at++;
            }
            else
            {
                int end = text.AsSpan(at).IndexOfAny(",\r") + at;
                cell = text[at..end];
                Assert.DoesNotContain('"', cell);
                at = end;
            }

            row.Add(cell);
            if (text[at] == ',')
            {
                at++;
            }
            else
            {
                Assert.Equal("\r\n", text[at..(at + 2)]);
                at += 2;
                rows.Add([.. row]);
                row.Clear();
            }
        }

        return rows;
    }
}
