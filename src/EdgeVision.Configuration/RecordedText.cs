using System.Globalization;
using EdgeVision.Pipeline.Recording;
using EdgeVision.Pipeline.Sources;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace EdgeVision.Configuration;

/// <summary>
/// Text of a configuration in a recording, preceded by a comment with the folder that relative paths start from.
/// </summary>
internal static class RecordedText
{
    private const string FolderPrefix = "# folder: ";

    /// <summary>Returns the text to record.</summary>
    public static string Create(string text, string folder) => $"{FolderPrefix}{folder}\n{WithoutSecrets(text)}";

    // A replay reads no sinks, which contain most of the secrets. The text is rewritten from its nodes: it has no comments,
    // and an anchor that was defined under sinks is written where it is used.
    private static string WithoutSecrets(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        if (yaml.Documents is not [{ RootNode: YamlMappingNode root }])
        {
            return "";
        }

        foreach (var sinks in root.Children.Keys.Where(k => k is YamlScalarNode { Value: "sinks" }).ToArray())
        {
            root.Children.Remove(sinks);
        }

        MaskSecrets(root, []);
        using var written = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        yaml.Save(written, assignAnchors: false);
        return written.ToString();
    }

    private static void MaskSecrets(YamlNode node, HashSet<YamlNode> seen)
    {
        if (!seen.Add(node))
        {
            return; // an anchor's node occurs in several places
        }

        switch (node)
        {
            case YamlMappingNode map:
                foreach (var (key, value) in map.Children.ToArray())
                {
                    // Arguments of ffmpeg may contain headers and keys, and a replay does not run ffmpeg.
                    if (key is YamlScalarNode { Value: { } name } && (name == "input_args" || ConfigSecrets.IsSecretKey(name)))
                    {
                        map.Children[key] = new YamlScalarNode("***") { Style = ScalarStyle.SingleQuoted };
                    }
                    else
                    {
                        MaskSecrets(value, seen);
                    }
                }

                break;
            case YamlSequenceNode list:
                foreach (var item in list.Children)
                {
                    MaskSecrets(item, seen);
                }

                break;
            case YamlScalarNode { Value: null or "", Style: ScalarStyle.Plain } nothing:
                nothing.Value = "null"; // otherwise it would be written as an empty text
                break;
            case YamlScalarNode { Value: { } value } scalar:
                scalar.Value = SourceAddress.Redact(value);
                break;
        }
    }

    /// <summary>Splits a recorded text into text and folder; the folder is empty if it was not recorded.</summary>
    public static (string Text, string Folder) Parse(string recorded)
    {
        int end = recorded.IndexOf('\n');
        return recorded.StartsWith(FolderPrefix, StringComparison.Ordinal) && end > 0
            ? (recorded[(end + 1)..], recorded[FolderPrefix.Length..end].TrimEnd('\r'))
            : (recorded, "");
    }
}
