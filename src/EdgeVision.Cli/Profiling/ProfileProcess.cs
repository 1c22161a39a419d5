using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace EdgeVision.Cli;

/// <summary>Has jobs done in processes of their own: this program again. One that crashes, hangs or runs out of memory costs its own row and nothing else.</summary>
internal static class ProfileProcess
{
    /// <summary>Environment variable with what must stand before the program to start it, such as an emulator and its arguments.</summary>
    public const string LauncherVariable = "EDGEVISION_LAUNCHER";

    private const int KeptLines = 20;

    /// <summary>Has a job done.</summary>
    /// <param name="job">The job.</param>
    /// <param name="timeout">Longest that it may take.</param>
    /// <param name="progress">Told the phase and its share, 0..1.</param>
    /// <param name="cancel">Kills the process.</param>
    /// <returns>Its answer; an error where it gave none.</returns>
    public static async Task<ProfileAnswer> Run(ProfileJob job, TimeSpan timeout, Action<string, double> progress, CancellationToken cancel)
    {
        using var process = new Process { StartInfo = Self() };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            return new ProfileAnswer { Error = $"no process could be started for it: {e.Message}" };
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
                if (!line.StartsWith(ProfileWorker.Mark, StringComparison.Ordinal))
                {
                    continue;
                }

                line = line[ProfileWorker.Mark.Length..];
                if (line.StartsWith(ProfileWorker.Answer, StringComparison.Ordinal))
                {
                    answer = line[ProfileWorker.Answer.Length..];
                }
                else if (line.LastIndexOf(' ') is > 0 and var space && double.TryParse(line[space..], CultureInfo.InvariantCulture, out double share))
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
            return new ProfileAnswer { Error = string.Create(CultureInfo.InvariantCulture, $"it was stopped after {timeout.TotalSeconds:F0} s (--timeout)") };
        }
        catch (IOException)
        {
            // It ended before it had read its job: what it said tells why.
            await process.WaitForExitAsync(CancellationToken.None);
        }

        if (answer is not null)
        {
            return JsonSerializer.Deserialize(answer, ProfileJobJson.Default.ProfileAnswer)!;
        }

        string said = string.Join(" / ", await errors);
        return new ProfileAnswer { Error = $"its process ended with {Ending(process.ExitCode)}{(said.Length > 0 ? $": {said}" : "")}" };
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
            // It has just ended by itself.
        }
    }

    // Signals are what crashes show themselves by.
    private static string Ending(int code) => code switch
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

        // The last few say it best.
        while (lines.Count > 3)
        {
            lines.Dequeue();
        }

        return lines;
    }

    private static ProcessStartInfo Self()
    {
        var command = new List<string>((Environment.GetEnvironmentVariable(LauncherVariable) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries));
        string self = Environment.ProcessPath ?? throw new EdgeVisionException("the system does not say which program this is");
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
