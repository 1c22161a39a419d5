namespace EdgeVision.Messaging;

/// <summary>Syntax rules of a broker for the names of topics or subjects.</summary>
/// <param name="Kind">"topic" or "subject", for messages.</param>
/// <param name="Separator">Separator between levels.</param>
/// <param name="Wildcards">Characters that only subscribers may use.</param>
/// <param name="MaxBytes">Maximum length of a name in UTF-8.</param>
internal sealed record NameSyntax(string Kind, char Separator, string Wildcards, int MaxBytes)
{
    /// <summary>
    /// Gets the rules of MQTT 5, section 4.7: levels separated by '/', wildcards '+' and '#', a leading '$' is reserved.
    /// </summary>
    public static NameSyntax Mqtt { get; } = new("topic", '/', "+#", 65535);

    /// <summary>Gets the rules of NATS: tokens separated by '.', wildcards '*' and '>', no white space.</summary>
    /// <remarks>A line of the protocol is at most 4096 bytes.</remarks>
    public static NameSyntax Nats { get; } = new("subject", '.', "*>", 2048);

    /// <summary>Returns what is wrong with a name; null when it is valid.</summary>
    public string? FindError(string name)
    {
        if (name.Length == 0 || name.Split(Separator).Any(level => level.Length == 0))
        {
            return $"a level between '{Separator}' is empty";
        }

        if (name.IndexOfAny(Wildcards.ToCharArray()) is int at and >= 0)
        {
            return $"'{name[at]}' is a wildcard, which only subscribers may use";
        }

        if (name.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)))
        {
            return "white space and control characters are not allowed";
        }

        if (name[0] == '$')
        {
            return "a leading '$' is reserved for the broker";
        }

        return System.Text.Encoding.UTF8.GetByteCount(name) > MaxBytes ? $"it must have at most {MaxBytes} bytes" : null;
    }

    /// <summary>
    /// Converts a value to one level: letters, digits, '-' and '_' are kept, all other characters become '_'.
    /// </summary>
    public static string ToLevel(string value)
    {
        const int most = 128;
        return value.Length == 0
            ? "_"
            : string.Create(Math.Min(value.Length, most), value, static (to, from) =>
            {
                for (int i = 0; i < to.Length; i++)
                {
                    to[i] = char.IsLetterOrDigit(from[i]) || from[i] is '-' or '_' ? from[i] : '_';
                }
            });
    }
}
