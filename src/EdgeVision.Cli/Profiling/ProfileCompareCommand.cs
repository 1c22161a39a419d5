using System.CommandLine;
using System.Globalization;
using System.Text;

namespace EdgeVision.Cli;

/// <summary><c>edgevision profile compare</c>: what changed between two profiles.</summary>
internal static class ProfileCompareCommand
{
    public static Command Create()
    {
        var before = new Argument<string>("A") { Description = "Profile to compare with, as --json wrote it." };
        var after = new Argument<string>("B") { Description = "Profile that is judged." };
        var json = new Option<string?>("--json") { Description = "Write every change with its interval as JSON to FILE, or to standard output with -.", HelpName = "FILE|-" };
        var markdown = new Option<string?>("--markdown") { Description = "Write the comparison as GitHub tables.", HelpName = "FILE|-" };
        var threshold = new Option<string>("--threshold") { Description = "Least change that counts; 3% by default.", HelpName = "PERCENT", DefaultValueFactory = _ => "3%" };
        var fail = new Option<bool>("--fail-on-regression") { Description = "Exit code 1 where a figure became worse, or a configuration fails that did not." };
        var verbose = Shell.Verbose();
        var command = new Command("compare",
            """
            Compares two profiles, configuration by configuration: p50, p99, throughput, memory, load, size and accuracy. A change is called
            worse or better where its 95 % confidence interval excludes 0 and it exceeds the threshold.

            Examples:
              edgevision profile compare before.json after.json
              edgevision profile compare main.json branch.json --threshold 5% --fail-on-regression --markdown comparison.md
            """)
        {
            before, after, json, markdown, threshold, fail, verbose,
        };
        command.SetAction(parse => Shell.Guard(parse.GetValue(verbose), () => Run(
            parse.GetValue(before)!, parse.GetValue(after)!, parse.GetValue(json), parse.GetValue(markdown), Share(parse.GetValue(threshold)!), parse.GetValue(fail))));
        return command;
    }

    private static int Run(string before, string after, string? json, string? markdown, double threshold, bool fail)
    {
        Shell.MustExist(before, "profile");
        Shell.MustExist(after, "profile");
        new ProfileReports(json, null, markdown, null).Check();
        var comparison = ProfileComparison.Of(ProfileJson.Load(before), ProfileJson.Load(after), threshold);
        if (comparison.Pairs.Count == 0)
        {
            throw new EdgeVisionException($"'{before}' and '{after}' have no configuration in common: model, size, batch, provider, threads, precision and rate must be the same");
        }

        ComparisonText.Write(json == "-" || markdown == "-" ? Console.Error : Console.Out, comparison);
        if (json is not null)
        {
            Shell.WriteJson(json, writer => ComparisonJson.Write(writer, comparison));
        }

        if (markdown is not null)
        {
            Shell.WriteWhole(markdown, Encoding.UTF8.GetBytes(ComparisonText.Markdown(comparison)));
        }

        return fail && comparison.Regressions > 0 ? ExitCode.Failed : ExitCode.Done;
    }

    /// <summary>Reads "3%" or "0.03".</summary>
    private static double Share(string text)
    {
        bool percent = text.EndsWith('%');
        if (!double.TryParse(text.TrimEnd('%', ' '), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) || value > (percent ? 100 : 1))
        {
            throw new WrongCallException($"--threshold is a share such as 3% or 0.03; '{text}' is none");
        }

        return percent ? value / 100 : value;
    }
}
