using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace EdgeVision.Configuration.Yaml;

/// <summary>Scalar and its position in the text.</summary>
/// <param name="Key">Key of the scalar, or of the list around it; null for a key itself.</param>
/// <param name="Value">Value as written, without quotes.</param>
/// <param name="Start">Position of its first character, or of an anchor or tag before it.</param>
/// <param name="Position">Line and column.</param>
internal readonly record struct YamlScalar(string? Key, string Value, int Start, ConfigPosition Position);

/// <summary>Lists the keys and values of a text from parser events, so that aliases cannot make it endless.</summary>
internal static class YamlScalars
{
    /// <summary>Returns all scalars in order; empty if the text is not valid YAML.</summary>
    public static IReadOnlyList<YamlScalar> Read(string text)
    {
        var scalars = new List<YamlScalar>();
        var anchors = new Dictionary<AnchorName, string>();
        var around = new Stack<(bool IsMap, string? Key, string? Awaiting)>();
        var parser = new Parser(new StringReader(text));
        try
        {
            while (parser.MoveNext())
            {
                switch (parser.Current)
                {
                    case Scalar scalar:
                        if (!scalar.Anchor.IsEmpty)
                        {
                            anchors[scalar.Anchor] = scalar.Value;
                        }

                        Add(scalar.Value, scalar);
                        break;
                    case AnchorAlias alias:
                        Add(anchors.GetValueOrDefault(alias.Value, ""), alias);
                        break;
                    case MappingStart or SequenceStart:
                        string? key = around.TryPeek(out var parent) ? parent.IsMap ? parent.Awaiting : parent.Key : null;
                        around.Push((parser.Current is MappingStart, key, null));
                        break;
                    case MappingEnd or SequenceEnd:
                        around.Pop();
                        Done();
                        break;
                }
            }
        }
        catch (YamlException)
        {
            return []; // the configuration reader reports what is wrong
        }

        return scalars;

        void Add(string value, ParsingEvent at)
        {
            bool isKey = around.TryPeek(out var inside) && inside is { IsMap: true, Awaiting: null };
            string? key = isKey || around.Count == 0 ? null : inside.IsMap ? inside.Awaiting : inside.Key;
            scalars.Add(new YamlScalar(key, value, (int)at.Start.Index, new ConfigPosition(at.Start.Line, at.Start.Column)));
            if (isKey)
            {
                around.Pop();
                around.Push(inside with { Awaiting = value });
            }
            else
            {
                Done();
            }
        }

        // A map's value was read; a key is next.
        void Done()
        {
            if (around.TryPeek(out var inside) && inside.IsMap)
            {
                around.Pop();
                around.Push(inside with { Awaiting = null });
            }
        }
    }
}
