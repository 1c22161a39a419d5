using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace EdgeVision.Configuration.Yaml;

/// <summary>Parses YAML into plain nodes with their positions, without reflection.</summary>
internal static class YamlText
{
    // A configuration is written by hand; a larger or deeper one is a mistake or an attack.
    private const int MaxCharacters = 1 << 20;
    private const int MaxDepth = 32;

    /// <summary>Returns the root map; reports a problem and returns null if there is none.</summary>
    public static YamlMappingNode? ReadRoot(string text, ConfigReading reading)
    {
        if (text.Length > MaxCharacters)
        {
            reading.AddProblem(default(ConfigPosition), "the file must have at most a million characters");
            return null;
        }

        try
        {
            if (!IsShallow(text, reading))
            {
                return null;
            }

            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            if (yaml.Documents.Count == 1 && yaml.Documents[0].RootNode is YamlMappingNode root)
            {
                return root;
            }

            reading.AddProblem(yaml.Documents.Count > 1 ? ConfigReading.GetPosition(yaml.Documents[1].RootNode) : new ConfigPosition(1, 1),
                yaml.Documents.Count > 1
                    ? "a file must have one configuration; '---' starts another"
                    : "the file must be a map of keys: sources, models, sinks; 'edgevision pipeline init' prints one to start from");
        }
        catch (YamlException e)
        {
            reading.AddProblem(new ConfigPosition(e.Start.Line, e.Start.Column),
                $"the file is not valid YAML: {e.InnerException?.Message ?? e.Message}");
        }

        return null;
    }

    // The node model is built recursively, so check the depth first.
    private static bool IsShallow(string text, ConfigReading reading)
    {
        var parser = new Parser(new StringReader(text));
        int depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current switch { MappingStart or SequenceStart => 1, MappingEnd or SequenceEnd => -1, _ => 0 };
            if (depth > MaxDepth)
            {
                reading.AddProblem(
                    new ConfigPosition(parser.Current!.Start.Line, parser.Current.Start.Column),
                    $"maps and lists must be nested at most {MaxDepth} deep");
                return false;
            }
        }

        return true;
    }
}
