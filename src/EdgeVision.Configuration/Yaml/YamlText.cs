using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace EdgeVision.Configuration;

/// <summary>YAML text as plain nodes with their places; nothing is made by reflection.</summary>
internal static class YamlText
{
    // A configuration is written by hand; what is larger or deeper is a mistake, or meant to hurt.
    private const int MostCharacters = 1 << 20;
    private const int MostDepth = 32;

    /// <summary>The map at the root; null with a problem noted where there is none.</summary>
    public static YamlMappingNode? Root(string text, ConfigReading reading)
    {
        if (text.Length > MostCharacters)
        {
            reading.Problem(default(ConfigPlace), "the file has more than a million characters; a configuration is shorter");
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

            reading.Problem(yaml.Documents.Count > 1 ? ConfigReading.Place(yaml.Documents[1].RootNode) : new ConfigPlace(1, 1),
                yaml.Documents.Count > 1 ? "one file holds one configuration; '---' begins another" : "the file is a map of keys: sources, models, sinks; 'edgevision pipeline init' prints one to start from");
        }
        catch (YamlException e)
        {
            reading.Problem(new ConfigPlace(e.Start.Line, e.Start.Column), $"this is no YAML: {e.InnerException?.Message ?? e.Message}");
        }

        return null;
    }

    // The node model is built by recursion, so depth is looked at before.
    private static bool IsShallow(string text, ConfigReading reading)
    {
        var parser = new Parser(new StringReader(text));
        int depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current switch { MappingStart or SequenceStart => 1, MappingEnd or SequenceEnd => -1, _ => 0 };
            if (depth > MostDepth)
            {
                reading.Problem(new ConfigPlace(parser.Current!.Start.Line, parser.Current.Start.Column), $"maps and lists are more than {MostDepth} deep");
                return false;
            }
        }

        return true;
    }
}
