using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeVision.Cli.Profiling;
using EdgeVision.Profiling;
using EdgeVision.Profiling.Selection;
using EdgeVision.TestSupport.Profiling;
using Xunit;

namespace EdgeVision.Cli.Tests.Profiling;

public sealed partial class ProfilePageTests
{
    private const string Hostile = "</script><script>document.title='taken'</script><!--<img src=x onerror=alert(1)>{{data}}";

    [Fact]
    public void The_page_holds_the_rows_and_the_budgets()
    {
        var rows = ProfileRows.Sweep();
        using var data = Data(Page(rows, "p99=15ms,memory=200MB"));
        Assert.Equal(JsonSerializer.Serialize(JsonDocument.Parse(ProfileJson.Serialize(rows)).RootElement), JsonSerializer.Serialize(data.RootElement.GetProperty("rows")));
        var limits = data.RootElement.GetProperty("budgets")[0].GetProperty("limits");
        Assert.Equal((15, 200), (limits.GetProperty("p99").GetDouble(), limits.GetProperty("memory").GetDouble()));
    }

    [Fact]
    public void A_hostile_name_stays_data()
    {
        string page = Page([ProfileRows.Row(Hostile) with { Task = Hostile, Device = "\u2028" + Hostile, Unstable = [Hostile], MetricName = Hostile }, ProfileRows.Failed(Hostile, Hostile)]);
        Assert.Equal(2, Regex.Count(page, "</script", RegexOptions.IgnoreCase)); // the data's end and the script's
        Assert.DoesNotContain("<img", page);
        using var data = Data(page);
        Assert.Equal(Hostile, data.RootElement.GetProperty("rows")[0].GetProperty("model").GetString());
    }

    [Fact]
    public void It_asks_for_nothing_and_its_policy_would_forbid_it()
    {
        string page = Page(ProfileRows.Sweep());
        string policy = Regex.Match(page, "Content-Security-Policy\" content=\"([^\"]*)\"").Groups[1].Value;
        Assert.StartsWith("default-src 'none'; ", policy);
        Assert.DoesNotContain("unsafe", policy);
        foreach (string tag in (string[])["script", "style"])
        {
            string content = page.Split($"<{tag}>")[1].Split($"</{tag}>")[0];
            Assert.Contains($"{tag}-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}'", policy);
        }

        // The one address in it names SVG's elements.
        Assert.Equal(["http://www.w3.org/2000/svg"], Address().Matches(page).Select(m => m.Value).Distinct());
    }

    [Fact]
    public void A_browser_draws_it_and_picks_what_the_command_picks()
    {
        string browser = Browser();
        var rows = ProfileRows.Sweep();
        rows = [.. rows, ProfileRows.Row(Hostile, 3, 0.99) with { Task = "detect", MetricName = "mAP" }];
        string dom = Dom(browser, Page(rows, "p99=15ms,memory=200MB"));
        Assert.Contains("<title>EdgeVision profile</title>", dom);
        Assert.Equal(rows.Count(r => r is { Error: null, Metric: not null, P99Ms: not null }), Regex.Count(dom, "class=\"dot[ \"]"));
        Assert.Equal(rows.Count(r => r.Error is null) + 2, Regex.Count(dom, "<tr")); // and two of the head
        Assert.Contains("out of memory", dom);
        foreach (var choice in ProfileBudget.Parse("p99=15ms,memory=200MB").Choose(rows))
        {
            string name = System.Net.WebUtility.HtmlEncode((choice.Pick ?? choice.Nearest)!.Model).Replace("&#39;", "'");
            Assert.Contains(choice.Pick is null ? $"<b>nothing fits; {name} comes nearest</b>" : $"<b>{name}</b>", dom);
        }

        Assert.Equal(ProfileBudget.Parse("p99=15ms,memory=200MB").Choose(rows).Count, Regex.Count(dom, "class=\"pick( none)?\" type|type=\"button\" class=\"pick( none)?\""));
    }

    [Fact]
    public void A_browser_shows_why_nothing_could_be_measured() => Assert.Contains("failed: gone · 320×320 · 2 threads: killed by signal 9", Dom(Browser(), Page([ProfileRows.Failed("gone", "killed by signal 9")])));

    private static string Page(ProfileRow[] rows, params string[] budgets) => Encoding.UTF8.GetString(ProfilePage.Render(rows, [.. budgets.Select(ProfileBudget.Parse)]));

    private static JsonDocument Data(string page) => JsonDocument.Parse(page.Split("<script type=\"application/json\" id=\"data\">")[1].Split("</script>")[0]);

    private static string Browser()
    {
        string? found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).SelectMany(p => new[] { Path.Combine(p, "chromium"), Path.Combine(p, "google-chrome") }).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null, "no Chromium is installed (Debian package chromium)");
        return found!;
    }

    /// <summary>The document as a browser has it after the page's script ran.</summary>
    private static string Dom(string browser, string page)
    {
        string folder = Directory.CreateTempSubdirectory("edgevision-page-").FullName;
        try
        {
            string file = Path.Combine(folder, "page.html");
            File.WriteAllText(file, page);
            var start = new ProcessStartInfo(browser) { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (string argument in (string[])["--headless", "--no-sandbox", "--disable-gpu", $"--user-data-dir={folder}", "--virtual-time-budget=5000", "--dump-dom", new Uri(file).AbsoluteUri])
            {
                start.ArgumentList.Add(argument);
            }

            using var process = Process.Start(start)!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
            if (!process.WaitForExit(120_000))
            {
                process.Kill(entireProcessTree: true);
                Assert.Fail("the browser hangs");
            }

            Assert.True(process.ExitCode == 0, error.Result);
            return output.Result;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex("https?://[^'\"\\s]+")]
    private static partial Regex Address();
}
