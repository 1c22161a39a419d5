using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace EdgeVision.Cli;

/// <summary>Exit codes of the command line.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongCall = 2;
    public const int Cancelled = 130;
}

/// <summary>The call itself is wrong: exit code 2.</summary>
internal sealed class WrongCallException(string message) : Exception(message);

/// <summary>What all commands share: errors as one line, exit codes, common options.</summary>
internal static class Shell
{
    public static Option<bool> Verbose() => new("--verbose") { Description = "Show where an error comes from." };

    public static Option<string> Model(bool required = true) => new("--model", "-m") { Description = "ONNX model.", Required = required, HelpName = "FILE" };

    public static Option<string?> Spec() => new("--spec") { Description = "Spec that says how to read the model, instead of the one in or beside it.", HelpName = "FILE" };

    public static Option<int?> Threads()
    {
        var option = new Option<int?>("--threads") { Description = "Threads for inference; all cores by default.", HelpName = "N" };
        option.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int?>() is < 1 or > 1024)
            {
                r.AddError("--threads is a number from 1 to 1024");
            }
        });
        return option;
    }

    /// <summary>An option whose value is a whole number from 1.</summary>
    public static Option<int?> Count(string name, string description, params string[] aliases)
    {
        var option = new Option<int?>(name, aliases) { Description = description, HelpName = "N" };
        option.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int?>() is < 1)
            {
                r.AddError($"{name} is at least 1");
            }
        });
        return option;
    }

    /// <summary>An option whose value is a number from 0 to 1.</summary>
    public static Option<float?> Ratio(string name, string description)
    {
        var option = new Option<float?>(name) { Description = description, HelpName = "0..1" };
        option.Validators.Add(r =>
        {
            string? text = r.Tokens.Count > 0 ? r.Tokens[0].Value : null;
            if (text is not null && (!float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float v) || !(v is >= 0 and <= 1)))
            {
                r.AddError($"{name} is a number from 0 to 1; '{text}' is not");
            }
        });
        option.CustomParser = r => float.TryParse(r.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out float v) ? v : null;
        return option;
    }

    public static void MustExist(string path, string what)
    {
        if (!File.Exists(path))
        {
            throw new WrongCallException($"{what} '{path}' does not exist");
        }
    }

    /// <summary>Writes JSON to a file that appears only once it is whole, or to standard output where <paramref name="to"/> is "-".</summary>
    public static void WriteJson(string to, Action<Utf8JsonWriter> write)
    {
        using var memory = new MemoryStream();
        // Labels keep their letters; < and & are no danger in a file of JSON.
        using (var writer = new Utf8JsonWriter(memory, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            write(writer);
        }

        memory.WriteByte((byte)'\n');
        WriteWhole(to, memory.ToArray());
    }

    /// <summary>Writes a file that appears only once it is whole, or to standard output where <paramref name="to"/> is "-".</summary>
    public static void WriteWhole(string to, ReadOnlySpan<byte> content)
    {
        if (to == "-")
        {
            using var output = Console.OpenStandardOutput();
            output.Write(content);
        }
        else
        {
            File.WriteAllBytes(to + ".part", content);
            File.Move(to + ".part", to, overwrite: true);
        }
    }

    /// <summary>Runs a command: its errors become one line and an exit code.</summary>
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

    /// <summary>Runs a command that waits: its errors become one line and an exit code.</summary>
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

        bool expected = e is EdgeVisionException or WrongCallException or IOException or UnauthorizedAccessException;
        Console.Error.WriteLine($"edgevision: {(expected ? "" : $"unexpected {e.GetType().Name}: ")}{SourceAddress.Redact(e.Message.ReplaceLineEndings(" "))}{(expected || verbose ? "" : " (--verbose shows where)")}");
        if (verbose)
        {
            Console.Error.WriteLine(SourceAddress.Redact(e.ToString()));
        }

        return e is WrongCallException ? ExitCode.WrongCall : ExitCode.Failed;
    }
}
