using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVision.Configuration;
using EdgeVision.Models;

namespace EdgeVision.Cli;

/// <summary><c>edgevision schema</c>: writes the JSON Schemas of the files that people write, for their editors.</summary>
internal static class SchemaCommand
{
    public static Command Create() => new(
        "schema",
        "Writes a JSON Schema (draft 2020-12), with which an editor completes and checks a model spec or a pipeline while you type.")
    {
        Kind("spec", "Writes the schema of model specs, <model>.spec.json.", ModelSpecSchema.Create),
        Kind(
            "pipeline",
            "Writes the schema of pipeline files. In the file: # yaml-language-server: $schema=pipeline.schema.json",
            PipelineSchema.Create),
    };

    private static Command Kind(string name, string description, Func<JsonObject> create)
    {
        var to = new Option<string?>("--out") { Description = "File to write; standard output by default.", HelpName = "FILE" };
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command(name, description) { to, verbose };
        command.SetAction((parse, _) => Task.FromResult(CommandHelpers.Guard(parse.GetValue(verbose), () =>
        {
            CommandHelpers.WriteAtomically(parse.GetValue(to) ?? "-", Encoding.UTF8.GetBytes(ToText(create()) + "\n"));
            return ExitCode.Success;
        })));
        return command;
    }

    /// <summary>Returns a schema as indented text.</summary>
    internal static string ToText(JsonObject schema)
    {
        using var memory = new MemoryStream();
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(memory, options))
        {
            schema.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(memory.ToArray());
    }
}
