using System.CommandLine;
using System.Globalization;
using System.Text;
using EdgeVision.Profiling;
using EdgeVision.Profiling.Selection;

namespace EdgeVision.Cli.Profiling;

/// <summary><c>edgevision profile compare</c>: shows the changes between two profiles.</summary>
internal static class ProfileCompareCommand
{
    public static Command Create()
    {
        var before = new Argument<string>("A") { Description = "Baseline profile, as 'profile --json' wrote it." };
        var after = new Argument<string>("B") { Description = "Profile to compare with the baseline." };
        var json = new Option<string?>("--json")
        {
            Description = "Write every change with its interval as JSON to FILE; - for standard output.",
            HelpName = "FILE|-",
        };
        var markdown = new Option<string?>("--markdown")
        {
            Description = "Write the comparison as GitHub tables to FILE; - for standard output.",
            HelpName = "FILE|-",
        };
        var threshold = new Option<string>("--threshold")
        {
            Description = "Minimum change that counts, as a percentage (3%) or a share (0.03).",
            HelpName = "PERCENT",
            DefaultValueFactory = _ => "3%",
        };
        var fail = new Option<bool>("--fail-on-regression")
        {
            Description = "Exit code 1 if a value became worse, or if a configuration fails that did not fail before.",
        };
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("compare",
            """
            Compares two profiles, configuration by configuration: p50, p99, throughput, memory, load time, size and accuracy. A change
            counts as worse or better if its 95 % confidence interval excludes 0 and it exceeds the threshold.

            Examples:
              edgevision profile compare before.json after.json
              edgevision profile compare main.json branch.json --threshold 5% --fail-on-regression --markdown comparison.md
            """)
        {
            before, after, json, markdown, threshold, fail, verbose,
        };
        command.SetAction(parse => CommandHelpers.Guard(parse.GetValue(verbose), () => Run(
            parse.GetValue(before)!, parse.GetValue(after)!, parse.GetValue(json), parse.GetValue(markdown),
            Share(parse.GetValue(threshold)!), parse.GetValue(fail))));
        return command;
    }

    private static int Run(string before, string after, string? json, string? markdown, double threshold, bool fail)
    {
        CommandHelpers.RequireFile(before, "profile");
        CommandHelpers.RequireFile(after, "profile");
        new ProfileReports(json, null, markdown, null).Validate();
        var comparison = ProfileComparison.Compare(ProfileJson.Load(before), ProfileJson.Load(after), threshold);
        if (comparison.Pairs.Count == 0)
        {
            throw new EdgeVisionException(
                $"'{before}' and '{after}' have no configuration in common: "
                + "model, size, batch, provider, threads, precision and rate must be the same");
        }

        ComparisonText.Write(json == "-" || markdown == "-" ? Console.Error : Console.Out, comparison);
        if (json is not null)
        {
            CommandHelpers.WriteJson(json, writer => ComparisonJson.Write(writer, comparison));
        }

        if (markdown is not null)
        {
            CommandHelpers.WriteAtomically(markdown, Encoding.UTF8.GetBytes(ComparisonText.FormatMarkdown(comparison)));
        }

        return fail && comparison.Regressions > 0 ? ExitCode.Failure : ExitCode.Success;
    }

    /// <summary>Parses a share such as "3%" or "0.03".</summary>
    private static double Share(string text)
    {
        bool percent = text.EndsWith('%');
        if (!double.TryParse(text.TrimEnd('%', ' '), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            || value > (percent ? 100 : 1))
        {
            throw new UsageException($"--threshold must be a share up to 1 such as 3% or 0.03; got '{text}'");
        }

        return percent ? value / 100 : value;
    }
}
