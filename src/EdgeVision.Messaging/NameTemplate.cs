using EdgeVision.Pipeline;

namespace EdgeVision.Messaging;

/// <summary>Template of a topic or subject with fields in braces.</summary>
/// <remarks>
/// <c>{source}</c> and <c>{model}</c> of the frame, <c>{host}</c> of the machine, <c>{sink}</c> of the sink. Values become
/// single levels (<see cref="NameSyntax.ToLevel"/>).
/// </remarks>
internal sealed class NameTemplate
{
    private readonly string _text;
    private readonly Dictionary<(string Source, string Model), string> _names = [];

    /// <exception cref="PipelineConfigException">The name is not valid for the broker, or a field is unknown.</exception>
    public NameTemplate(string text, NameSyntax syntax, string sink, bool perFrame = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text = text.Replace("{host}", NameSyntax.ToLevel(Environment.MachineName), StringComparison.Ordinal)
            .Replace("{sink}", NameSyntax.ToLevel(sink), StringComparison.Ordinal);
        string sample = perFrame ? Fill("x", "x") : _text;
        string known = perFrame ? "{source}, {model}, {host} and {sink}" : "{host} and {sink}";
        string? fault = sample.AsSpan().IndexOfAny('{', '}') >= 0 ? $"it must not contain other fields than {known}" : syntax.FindError(sample);
        if (fault is not null)
        {
            throw new PipelineConfigException($"sink '{sink}': the {syntax.Kind} '{text}' is not valid: {fault}");
        }
    }

    /// <summary>Gets the name without a frame's fields.</summary>
    public string Name => _text;

    /// <summary>Returns the name for a frame. Names are cached, because a source's frames all have the same.</summary>
    public string Expand(PipelineFrame frame)
    {
        var key = (frame.Source, frame.Model);
        if (!_names.TryGetValue(key, out string? name))
        {
            name = Fill(NameSyntax.ToLevel(frame.Source), NameSyntax.ToLevel(frame.Model));
            _names.Add(key, name);
        }

        return name;
    }

    private string Fill(string source, string model) =>
        _text.Replace("{source}", source, StringComparison.Ordinal).Replace("{model}", model, StringComparison.Ordinal);
}
