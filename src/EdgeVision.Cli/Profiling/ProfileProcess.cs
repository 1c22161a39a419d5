using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace EdgeVision.Cli.Profiling;

/// <summary>Runs jobs in worker processes of this program.</summary>
/// <remarks>A worker that crashes, hangs or runs out of memory loses only its own row.</remarks>
internal static class ProfileProcess
{
    /// <summary>Environment variable with the command to start this program with, such as an emulator and its arguments.</summary>
    public const string LauncherVariable = "EDGEVISION_LAUNCHER";

    private const int KeptLines = 20;

    /// <summary>Runs a job in a worker process.</summary>
    /// <param name="job">Job to run.</param>
    /// <param name="timeout">Maximum time of the job.</param>
    /// <param name="progress">Called with the phase and its progress, 0..1.</param>
    /// <param name="cancel">Kills the process.</param>
    /// <returns>Answer of the worker; an answer with an error if it gave none.</returns>
    public static async Task<ProfileAnswer> RunAsync(
        ProfileJob job, TimeSpan timeout, Action<string, double> progress, CancellationToken cancel)
    {
        using var process = new Process { StartInfo = Self() };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            return new ProfileAnswer { Error = $"the worker process could not be started: {e.Message}" };
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(timeout);
        var errors = LastLines(process.StandardError);
        string? answer = null;
        try
        {
            await using (var input = process.StandardInput.BaseStream)
            {
                await JsonSerializer.SerializeAsync(input, job, ProfileJobJson.Default.ProfileJob, limit.Token);
            }

            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                if (!line.StartsWith(ProfileWorker.LinePrefix, StringComparison.Ordinal))
                {
                    continue;
                }

                line = line[ProfileWorker.LinePrefix.Length..];
                if (line.StartsWith(ProfileWorker.AnswerPrefix, StringComparison.Ordinal))
                {
                    answer = line[ProfileWorker.AnswerPrefix.Length..];
                }
                else if (line.LastIndexOf(' ') is > 0 and var space
                    && double.TryParse(line[space..], CultureInfo.InvariantCulture, out double share))
                {
                    progress(line[..space], share);
                }
            }

            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Kill(process);
            cancel.ThrowIfCancellationRequested();
            return new ProfileAnswer { Error = FormattableString.Invariant($"stopped after {timeout.TotalSeconds:F0} s (--timeout)") };
        }
        catch (IOException)
        {
            // The worker ended before it had read its job; its error output is reported below.
            await process.WaitForExitAsync(CancellationToken.None);
        }

        if (answer is not null)
        {
            return JsonSerializer.Deserialize(answer, ProfileJobJson.Default.ProfileAnswer)!;
        }

        string said = string.Join(" / ", await errors);
        string details = said.Length > 0 ? $": {said}" : "";
        return new ProfileAnswer { Error = $"the worker process ended with {DescribeExitCode(process.ExitCode)}{details}" };
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit(5000);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // The process has already exited.
        }
    }

    // Exit codes above 128 stand for the signal that ended the process.
    private static string DescribeExitCode(int code) => code switch
    {
        134 or 128 + 6 => "SIGABRT (an assertion of a native library)",
        137 => "SIGKILL (killed, as by the system when memory runs out)",
        139 => "SIGSEGV (a crash of a native library)",
        132 => "SIGILL (an instruction that this processor does not have)",
        136 => "SIGFPE (an arithmetic error in a native library)",
        unchecked((int)0xC0000005) => "an access violation (a crash of a native library)",
        _ => string.Create(CultureInfo.InvariantCulture, $"code {code}"),
    };

    private static async Task<Queue<string>> LastLines(StreamReader reader)
    {
        var lines = new Queue<string>();
        while (await reader.ReadLineAsync() is { } line)
        {
            if (lines.Count == KeptLines)
            {
                lines.Dequeue();
            }

            if (line.Length > 0)
            {
                lines.Enqueue(line);
            }
        }

        // The last lines are the most informative.
        while (lines.Count > 3)
        {
            lines.Dequeue();
        }

        return lines;
    }

    private static ProcessStartInfo Self()
    {
        string launcher = Environment.GetEnvironmentVariable(LauncherVariable) ?? "";
        var command = new List<string>(launcher.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        string self = Environment.ProcessPath ?? throw new EdgeVisionException("the path of this program is unknown");
        command.Add(self);
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
        {
            command.Add(Path.Combine(AppContext.BaseDirectory, "EdgeVision.Cli.dll")); // dotnet is only the host
        }

        command.Add(ProfileWorker.Name);
        return new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
    }
}
