using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace EdgeVision.Tests;

/// <summary>Runs the built command line in a process of its own, as a user does.</summary>
internal static class CommandLine
{
    /// <summary>Root of the repository: the first folder above the test that holds EdgeVision.sln.</summary>
    public static string Repository { get; } = FindRepository();

    public static Outcome Run(params string[] arguments) => Run(null, arguments);

    public static Outcome Run(IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        string library = Path.Combine(AppContext.BaseDirectory, "EdgeVision.Cli.dll");
        Assert.True(File.Exists(library), $"{library} is not built");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Repository };
        start.ArgumentList.Add(library);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(120_000), "the command line hangs");
        return new Outcome(process.ExitCode, output, error.Result);
    }

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "EdgeVision.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("EdgeVision.sln lies in no folder above the tests");
    }

    internal sealed record Outcome(int ExitCode, string Output, string Error)
    {
        /// <summary>The JSON lines of standard output; the run must have ended well.</summary>
        public IReadOnlyList<JsonElement> Json()
        {
            Assert.True(ExitCode == 0, $"exit code {ExitCode}: {Error}");
            return [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        }
    }
}
