using System.CommandLine;
using System.Text;
using EdgeVision.Profiling;
using EdgeVision.Profiling.Selection;

namespace EdgeVision.Cli.Profiling;

/// <summary>Files that the rows of a profile are written to, in addition to the terminal.</summary>
/// <remarks>Each file appears only when complete; one of them may be "-" for standard output.</remarks>
internal sealed record ProfileReports(string? Json, string? Csv, string? Markdown, string? Html)
{
    /// <summary>Gets whether a report is written to standard output, so that nothing else may be printed there.</summary>
    public bool UsesStandardOutput => All.Any(f => f.To == "-");

    private IEnumerable<(string Option, string? To)> All => [("--json", Json), ("--csv", Csv), ("--markdown", Markdown), ("--html", Html)];

    /// <summary>Options of a command that writes reports.</summary>
    public sealed class Arguments
    {
        public Option<string?> Json { get; } = new("--json")
        {
            Description = "Write the rows as JSON to FILE, for compare and import; - for standard output.",
            HelpName = "FILE|-",
        };

        public Option<string?> Csv { get; } = new("--csv")
        {
            Description = "Write the rows as CSV to FILE; - for standard output.",
            HelpName = "FILE|-",
        };

        public Option<string?> Markdown { get; } = new("--markdown")
        {
            Description = "Write the rows as a GitHub table to FILE, with the picks of the budgets; - for standard output.",
            HelpName = "FILE|-",
        };

        public Option<string?> Html { get; } = new("--html")
        {
            Description = "Write a self-contained page with charts to FILE; - for standard output.",
            HelpName = "FILE|-",
        };

        public Option<string[]> Budgets { get; } = new("--budget")
        {
            Description = "Pick the most accurate configuration within these limits, separated by commas, such as p99=33ms,memory=200MB, "
                + $"and print why the others fail. Limits: {string.Join(", ", ProfileFigure.All.Select(f => f.Name))}. Repeatable.",
            HelpName = "LIMITS",
            AllowMultipleArgumentsPerToken = false,
            DefaultValueFactory = _ => [],
        };

        public void AddTo(Command command)
        {
            foreach (var option in (Option[])[Json, Csv, Markdown, Html, Budgets])
            {
                command.Options.Add(option);
            }
        }

        /// <summary>Returns the reports and budgets that the arguments give, and checks them before the measurement.</summary>
        /// <exception cref="UsageException">
        /// Two reports use standard output, the folder of a report does not exist, or a budget is invalid.
        /// </exception>
        public (ProfileReports Reports, IReadOnlyList<ProfileBudget> Budgets) Read(ParseResult parse)
        {
            var reports = new ProfileReports(parse.GetValue(Json), parse.GetValue(Csv), parse.GetValue(Markdown), parse.GetValue(Html));
            reports.Validate();
            try
            {
                return (reports, [.. parse.GetValue(Budgets)!.Select(ProfileBudget.Parse)]);
            }
            catch (EdgeVisionException e)
            {
                throw new UsageException($"--budget: {e.Message}");
            }
        }
    }

    /// <summary>Checks that the reports can be written, as far as this is known before the rows exist.</summary>
    /// <exception cref="UsageException">A report cannot be written.</exception>
    public void Validate()
    {
        var given = All.Where(f => f.To is not null).ToList();
        if (given.Where(f => f.To == "-").Select(f => f.Option).ToArray() is { Length: > 1 } several)
        {
            throw new UsageException($"only one of {string.Join(" and ", several)} can write to standard output");
        }

        foreach (var (option, to) in given.Where(f => f.To != "-"))
        {
            if (Directory.Exists(to) || Path.GetDirectoryName(Path.GetFullPath(to!)) is not { } folder || !Directory.Exists(folder))
            {
                throw new UsageException(
                    $"{option} '{to}' cannot be written: {(Directory.Exists(to) ? "it is a folder" : "its folder does not exist")}");
            }
        }

        var files = given.Where(f => f.To != "-").GroupBy(f => Path.GetFullPath(f.To!));
        if (files.FirstOrDefault(g => g.Skip(1).Any()) is { } same)
        {
            throw new UsageException($"{string.Join(" and ", same.Select(f => f.Option))} name the same file");
        }
    }

    /// <summary>Writes all reports.</summary>
    public void Write(IReadOnlyList<ProfileRow> rows, IReadOnlyList<ProfileBudget> budgets)
    {
        WriteReport(Json, () => [.. ProfileJson.Serialize(rows), (byte)'\n']);
        WriteReport(Csv, () => Encoding.UTF8.GetBytes(ProfileCsv.Format(rows)));
        WriteReport(Markdown, () => Encoding.UTF8.GetBytes(ProfileMarkdown.Format(rows, [.. budgets.SelectMany(b => b.Choose(rows))])));
        WriteReport(Html, () => ProfilePage.Render(rows, budgets));
    }

    /// <summary>Prints the table and the picks; to standard error if a report uses standard output.</summary>
    public void Print(IReadOnlyList<ProfileRow> rows, IReadOnlyList<ProfileBudget> budgets)
    {
        var to = UsesStandardOutput ? Console.Error : Console.Out;
        ProfileTable.Write(to, rows);
        ProfileTable.Write(to, [.. budgets.SelectMany(b => b.Choose(rows))]);
    }

    private static void WriteReport(string? to, Func<byte[]> content)
    {
        if (to is not null)
        {
            CommandHelpers.WriteAtomically(to, content());
        }
    }
}
