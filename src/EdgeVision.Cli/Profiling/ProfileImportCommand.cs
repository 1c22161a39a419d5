using System.CommandLine;
using EdgeVision.Profiling;

namespace EdgeVision.Cli.Profiling;

/// <summary><c>edgevision profile import</c>: merges the results of several machines.</summary>
internal static class ProfileImportCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILES")
        {
            Description = "Results, as 'profile --json' writes them; NAME=FILE to give the device another name.",
            Arity = ArgumentArity.OneOrMore,
        };
        var reports = new ProfileReports.Arguments();
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("import",
            """
            Merges the results of several machines into one table and one page, with one Pareto front per device. If a configuration occurs
            twice, the last one counts.

            Example:
              edgevision profile import pi5.json orin=results.json --html devices.html --budget p99=33ms,memory=200MB
            """) { files };
        reports.AddTo(command);
        command.Add(verbose);
        command.SetAction((parse, _) => Task.FromResult(CommandHelpers.Guard(parse.GetValue(verbose), () =>
        {
            var (written, budgets) = reports.Read(parse);
            var merge = ProfileMerge.Merge([.. parse.GetValue(files)!.Select(Load)]);
            foreach (var row in merge.Replaced)
            {
                Console.Error.WriteLine($"edgevision: {ProfileConfiguration.FromRow(row)} on {row.Device} occurs twice; the last one counts");
            }

            written.Write(merge.Rows, budgets);
            written.Print(merge.Rows, budgets);
            return ExitCode.Success;
        })));
        return command;
    }

    private static ProfileRow[] Load(string named)
    {
        int equals = named.IndexOf('=', StringComparison.Ordinal);
        bool renamed = equals > 0 && !File.Exists(named);
        string path = renamed ? named[(equals + 1)..] : named;
        CommandHelpers.RequireFile(path, "results file");
        var rows = ProfileJson.Load(path);
        return renamed ? [.. rows.Select(r => r with { Device = named[..equals] })] : rows;
    }
}
