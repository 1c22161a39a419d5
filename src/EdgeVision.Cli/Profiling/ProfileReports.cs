using System.CommandLine;
using System.Text;

namespace EdgeVision.Cli;

/// <summary>Where a profile's rows are written, besides the terminal. Each file appears once it is whole; "-" is standard output, for one of them.</summary>
internal sealed record ProfileReports(string? Json, string? Csv, string? Markdown, string? Html)
{
    /// <summary>Whether one of them takes standard output, so that nothing else may be printed there.</summary>
    public bool TakesStandardOutput => All.Any(f => f.To == "-");

    private IEnumerable<(string Option, string? To)> All => [("--json", Json), ("--csv", Csv), ("--markdown", Markdown), ("--html", Html)];

    /// <summary>The options of a command that writes reports.</summary>
    public sealed class Arguments
    {
        public Option<string?> Json { get; } = new("--json") { Description = "Write the rows as JSON to FILE, or to standard output with -; compare, import and later runs read it.", HelpName = "FILE|-" };

        public Option<string?> Csv { get; } = new("--csv") { Description = "Write the rows as CSV.", HelpName = "FILE|-" };

        public Option<string?> Markdown { get; } = new("--markdown") { Description = "Write the rows as a GitHub table, with the picks of the budgets.", HelpName = "FILE|-" };

        public Option<string?> Html { get; } = new("--html") { Description = "Write one page with charts that needs no network.", HelpName = "FILE|-" };

        public Option<string[]> Budgets { get; } = new("--budget")
        {
            Description = $"Pick the most accurate that keeps to limits by commas, and say why the others fall: p99=33ms,memory=200MB. Known: {string.Join(", ", ProfileFigure.All.Select(f => f.Name))}. May be given several times.",
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

        /// <summary>What the call says, checked before anything is measured.</summary>
        /// <exception cref="WrongCallException">Two reports want standard output, one has no folder to lie in, or a budget cannot be read.</exception>
        public (ProfileReports Reports, IReadOnlyList<ProfileBudget> Budgets) Read(ParseResult parse)
        {
            var reports = new ProfileReports(parse.GetValue(Json), parse.GetValue(Csv), parse.GetValue(Markdown), parse.GetValue(Html));
            reports.Check();
            try
            {
                return (reports, [.. parse.GetValue(Budgets)!.Select(ProfileBudget.Parse)]);
            }
            catch (EdgeVisionException e)
            {
                throw new WrongCallException($"--budget: {e.Message}");
            }
        }
    }

    /// <summary>Whether they can be written, as far as that is known before the rows are.</summary>
    /// <exception cref="WrongCallException">They cannot.</exception>
    public void Check()
    {
        var given = All.Where(f => f.To is not null).ToList();
        if (given.Where(f => f.To == "-").Select(f => f.Option).ToArray() is { Length: > 1 } several)
        {
            throw new WrongCallException($"only one of {string.Join(" and ", several)} can take standard output");
        }

        foreach (var (option, to) in given.Where(f => f.To != "-"))
        {
            if (Directory.Exists(to) || Path.GetDirectoryName(Path.GetFullPath(to!)) is not { } folder || !Directory.Exists(folder))
            {
                throw new WrongCallException($"{option} '{to}' is no place for a file: {(Directory.Exists(to) ? "it is a folder" : "there is no such folder")}");
            }
        }

        if (given.Where(f => f.To != "-").GroupBy(f => Path.GetFullPath(f.To!)).FirstOrDefault(g => g.Skip(1).Any()) is { } same)
        {
            throw new WrongCallException($"{string.Join(" and ", same.Select(f => f.Option))} name the same file");
        }
    }

    /// <summary>Writes all of them.</summary>
    public void Write(IReadOnlyList<ProfileRow> rows, IReadOnlyList<ProfileBudget> budgets)
    {
        Put(Json, () => [.. ProfileJson.Serialize(rows), (byte)'\n']);
        Put(Csv, () => Encoding.UTF8.GetBytes(ProfileCsv.Write(rows)));
        Put(Markdown, () => Encoding.UTF8.GetBytes(ProfileMarkdown.Write(rows, [.. budgets.SelectMany(b => b.Choose(rows))])));
        Put(Html, () => ProfilePage.Write(rows, budgets));
    }

    /// <summary>Prints the table and the picks: to standard error where a report takes standard output.</summary>
    public void Print(IReadOnlyList<ProfileRow> rows, IReadOnlyList<ProfileBudget> budgets)
    {
        var to = TakesStandardOutput ? Console.Error : Console.Out;
        ProfileTable.Write(to, rows);
        ProfileTable.Write(to, [.. budgets.SelectMany(b => b.Choose(rows))]);
    }

    private static void Put(string? to, Func<byte[]> content)
    {
        if (to is not null)
        {
            Shell.WriteWhole(to, content());
        }
    }
}
