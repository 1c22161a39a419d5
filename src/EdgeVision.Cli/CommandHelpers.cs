using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgeVision.Diagnostics;
using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Cli;

/// <summary>Exit codes of the command line.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int UsageError = 2;
    public const int Cancelled = 130;
}

/// <summary>Reports arguments that cannot be carried out as given; leads to exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>Shared parts of all commands: errors on one line, exit codes, common options.</summary>
internal static class CommandHelpers
{
    public static Option<bool> VerboseOption() => new("--verbose") { Description = "Print the stack trace of an error." };

    public static Option<string> ModelOption(bool required = true) => new("--model", "-m")
    {
        Description = "ONNX model file.",
        Required = required,
        HelpName = "FILE",
    };

    public static Option<string?> SpecOption() => new("--spec")
    {
        Description = "Model spec (JSON) to use instead of the one inside or beside the model.",
        HelpName = "FILE",
    };

    public static Option<int?> ThreadsOption()
    {
        var option = new Option<int?>("--threads")
        {
            Description = "Threads for inference, 1 to 1024. [default: all cores]",
            HelpName = "N",
        };
        option.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int?>() is { } threads and (< 1 or > 1024))
            {
                r.AddError(FormattableString.Invariant($"--threads must be between 1 and 1024; got {threads}"));
            }
        });
        return option;
    }

    /// <summary>Creates an option whose value is an integer of at least 1.</summary>
    public static Option<int?> CountOption(string name, string description, params string[] aliases)
    {
        var option = new Option<int?>(name, aliases) { Description = description, HelpName = "N" };
        option.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int?>() is { } count and < 1)
            {
                r.AddError(FormattableString.Invariant($"{name} must be at least 1; got {count}"));
            }
        });
        return option;
    }

    /// <summary>Creates an option whose value is a number between 0 and 1.</summary>
    public static Option<float?> RatioOption(string name, string description)
    {
        var option = new Option<float?>(name) { Description = description, HelpName = "0..1" };
        option.Validators.Add(r =>
        {
            string? text = r.Tokens.Count > 0 ? r.Tokens[0].Value : null;
            if (text is not null
                && (!float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float v) || !(v is >= 0 and <= 1)))
            {
                r.AddError($"{name} must be a number between 0 and 1; got '{text}'");
            }
        });
        option.CustomParser = r =>
            float.TryParse(r.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out float v) ? v : null;
        return option;
    }

    public static void RequireFile(string path, string what)
    {
        if (!File.Exists(path))
        {
            throw new UsageException($"{what} '{path}' does not exist");
        }
    }

    /// <summary>Writes JSON to a file that appears only when complete, or to standard output.</summary>
    /// <param name="to">Path of the file; "-" for standard output.</param>
    /// <param name="write">Writes the JSON.</param>
    public static void WriteJson(string to, Action<Utf8JsonWriter> write)
    {
        using var memory = new MemoryStream();
        // Keep the non-ASCII letters of labels readable; < and & need no escapes in a JSON file.
        var options = new JsonWriterOptions
        {
            Indented = true,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using (var writer = new Utf8JsonWriter(memory, options))
        {
            write(writer);
        }

        memory.WriteByte((byte)'\n');
        WriteAtomically(to, memory.ToArray());
    }

    /// <summary>Writes a file that appears only when complete, or writes to standard output.</summary>
    /// <param name="to">Path of the file; "-" for standard output.</param>
    /// <param name="content">Content of the file.</param>
    public static void WriteAtomically(string to, ReadOnlyMemory<byte> content)
    {
        if (to == "-")
        {
            using var output = Console.OpenStandardOutput();
            output.Write(content.Span);
        }
        else
        {
            AtomicFile.WriteAllBytes(to, content);
        }
    }

    /// <summary>Runs a command and turns its errors into one line and an exit code.</summary>
    public static int Guard(bool verbose, Func<int> command)
    {
        try
        {
            return command();
        }
        catch (Exception e)
        {
            return Failure(e, verbose);
        }
    }

    /// <summary>Runs an asynchronous command and turns its errors into one line and an exit code.</summary>
    public static async Task<int> Guard(bool verbose, Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (Exception e)
        {
            return Failure(e, verbose);
        }
    }

    private static int Failure(Exception e, bool verbose)
    {
        if (e is OperationCanceledException)
        {
            Console.Error.WriteLine("edgevision: cancelled");
            return ExitCode.Cancelled;
        }

        bool expected = e is EdgeVisionException or UsageException or IOException or UnauthorizedAccessException;
        string kind = expected ? "" : $"unexpected {e.GetType().Name}: ";
        string hint = expected || verbose ? "" : " (--verbose prints the stack trace)";
        Console.Error.WriteLine($"edgevision: {kind}{SourceAddress.Redact(e.Message.ReplaceLineEndings(" "))}{hint}");
        if (verbose)
        {
            Console.Error.WriteLine(SourceAddress.Redact(e.ToString()));
        }

        return e is UsageException ? ExitCode.UsageError : ExitCode.Failure;
    }
}
