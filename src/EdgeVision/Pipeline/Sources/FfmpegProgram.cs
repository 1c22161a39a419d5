using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace EdgeVision;

/// <summary>The installed ffmpeg: where it is, and which version.</summary>
public static partial class FfmpegProgram
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    private static readonly ConcurrentDictionary<string, Version> Versions = new();

    /// <summary>The program that is run unless an option names another: what the variable FFMPEG names, or <c>ffmpeg</c> on the PATH.</summary>
    public static string Default => Environment.GetEnvironmentVariable("FFMPEG") is { Length: > 0 } named ? named : "ffmpeg";

    /// <summary>Version of the program. One built from a development branch counts as the latest.</summary>
    /// <exception cref="SourceException">It cannot be run; the message says what to install.</exception>
    public static Version VersionOf(string executable)
    {
        ArgumentException.ThrowIfNullOrEmpty(executable);
        return Versions.GetOrAdd(executable, static executable =>
        {
            using var process = Start(new ProcessStartInfo(executable) { ArgumentList = { "-version" } });
            process.StandardInput.Close();
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            string text = OutputOf(process)
                ?? throw new SourceException($"'{executable}' did not say its version within {AnswerTime.TotalSeconds:0} s; see whether it runs by itself, or let FFMPEG name another");
            var found = Number().Match(text);
            return !text.StartsWith("ffmpeg version", StringComparison.Ordinal)
                ? throw new SourceException($"'{executable}' is not ffmpeg; let FFMPEG name it, or install it (apt-get install ffmpeg)", canRetry: false)
                : found.Success ? new Version(int.Parse(found.Groups[1].ValueSpan), int.Parse(found.Groups[2].ValueSpan)) : new Version(99, 0);
        });
    }

    /// <summary>Starts it with all three streams redirected.</summary>
    /// <exception cref="SourceException">It cannot be run.</exception>
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
            throw new SourceException($"'{start.FileName}' cannot be run ({e.Message}); install ffmpeg (apt-get install ffmpeg) or let FFMPEG name it", e, canRetry: false);
        }
    }

    /// <summary>What a program that only answers writes to its output; null where it takes too long, and it is ended then.</summary>
    internal static string? OutputOf(Process process)
    {
        var text = process.StandardOutput.ReadToEndAsync();
        if (text.Wait(AnswerTime) && process.WaitForExit(AnswerTime))
        {
            return text.Result;
        }

        process.Kill(entireProcessTree: true);
        return null;
    }

    [GeneratedRegex(@"^ffmpeg version n?(\d+)\.(\d+)", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
