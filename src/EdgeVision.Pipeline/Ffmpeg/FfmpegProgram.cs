using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace EdgeVision.Pipeline.Ffmpeg;

/// <summary>Finds and starts the installed ffmpeg.</summary>
public static partial class FfmpegProgram
{
    private static readonly TimeSpan OutputTimeout = TimeSpan.FromSeconds(10);

    private static readonly ConcurrentDictionary<string, Version> Versions = new();

    /// <summary>Default program: the value of the variable FFMPEG, or <c>ffmpeg</c> on the PATH.</summary>
    public static string Default => Environment.GetEnvironmentVariable("FFMPEG") is { Length: > 0 } named ? named : "ffmpeg";

    /// <summary>Returns the version of the program. A build of a development branch counts as the latest.</summary>
    /// <exception cref="SourceException">It cannot be started; the message says what to install.</exception>
    public static Version GetVersion(string executable)
    {
        ArgumentException.ThrowIfNullOrEmpty(executable);
        return Versions.GetOrAdd(executable, static executable =>
        {
            using var process = Start(new ProcessStartInfo(executable) { ArgumentList = { "-version" } });
            process.StandardInput.Close();
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            string text = ReadOutput(process)
                ?? throw new SourceException(
                    $"'{executable}' did not report its version within {OutputTimeout.TotalSeconds:0} s; "
                        + "check that it runs, or set FFMPEG to another program");
            var found = VersionPattern().Match(text);
            return !text.StartsWith("ffmpeg version", StringComparison.Ordinal)
                ? throw new SourceException(
                    $"'{executable}' is not ffmpeg; install it (apt-get install ffmpeg) or set FFMPEG to its path", canRetry: false)
                : found.Success
                    ? new Version(int.Parse(found.Groups[1].ValueSpan), int.Parse(found.Groups[2].ValueSpan))
                    : new Version(99, 0);
        });
    }

    /// <summary>Starts the program with all three streams redirected.</summary>
    /// <exception cref="SourceException">It cannot be started.</exception>
    internal static Process Start(ProcessStartInfo start)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.UseShellExecute = false;
        start.CreateNoWindow = true;
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new SourceException(
                $"'{start.FileName}' cannot be run ({e.Message}); install ffmpeg (apt-get install ffmpeg) or set FFMPEG to its path",
                e,
                canRetry: false);
        }
    }

    /// <summary>Returns the output of a short-lived program; null on timeout, after which the program is killed.</summary>
    internal static string? ReadOutput(Process process)
    {
        var text = process.StandardOutput.ReadToEndAsync();
        if (text.Wait(OutputTimeout) && process.WaitForExit(OutputTimeout))
        {
            return text.Result;
        }

        process.Kill(entireProcessTree: true);
        return null;
    }

    [GeneratedRegex(@"^ffmpeg version n?(\d+)\.(\d+)", RegexOptions.CultureInvariant)]
    private static partial Regex VersionPattern();
}
