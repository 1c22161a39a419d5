using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace EdgeVision.TestSupport.Cli;

/// <summary>Runs the built command line in a process of its own, as a user does.</summary>
internal static class CommandLine
{
    /// <summary>Root of the repository: the first folder above the test that holds EdgeVision.sln.</summary>
    public static string Repository { get; } = FindRepository();

    public static Outcome Run(params string[] arguments) => Run(null, arguments);

    public static Outcome Run(IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        return Finish(process);
    }

    /// <summary>Runs it with bytes on its standard input.</summary>
    public static Outcome RunOn(byte[] input, params string[] arguments)
    {
        using var process = Start(null, arguments);
        process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        return Finish(process);
    }

    /// <summary>Starts it; the caller ends it with <see cref="Finish"/>.</summary>
    public static Process Start(IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        string library = Path.Combine(AppContext.BaseDirectory, "EdgeVision.Cli.dll");
        Assert.True(File.Exists(library), $"{library} is not built");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Repository };
        start.ArgumentList.Add(library);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Waits for its end.</summary>
    public static Outcome Finish(Process process)
    {
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(240_000))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"the command line hangs; it said: {error.Result}");
        }

        return new Outcome(process.ExitCode, output.Result, error.Result);
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
