namespace EdgeVision.Messaging;

/// <summary>What a broker takes for the name of a topic or subject.</summary>
/// <param name="What">"topic" or "subject", for messages.</param>
/// <param name="Separator">Between levels.</param>
/// <param name="Wildcards">Characters that only who subscribes may use.</param>
/// <param name="MaxBytes">Longest name in UTF-8.</param>
internal sealed record NameSyntax(string What, char Separator, string Wildcards, int MaxBytes)
{
    /// <summary>MQTT 5, 4.7: levels by '/', '+' and '#' are wildcards, a leading '$' is the broker's own.</summary>
    public static NameSyntax Mqtt { get; } = new("topic", '/', "+#", 65535);

    /// <summary>NATS: tokens by '.', '*' and '>' are wildcards, no white space; a line of the protocol holds 4096 bytes.</summary>
    public static NameSyntax Nats { get; } = new("subject", '.', "*>", 2048);

    /// <summary>What is wrong with a name; null for nothing.</summary>
    public string? Fault(string name)
    {
        if (name.Length == 0 || name.Split(Separator).Any(level => level.Length == 0))
        {
            return $"a level between '{Separator}' is empty";
        }

        if (name.IndexOfAny(Wildcards.ToCharArray()) is int at and >= 0)
        {
            return $"'{name[at]}' is a wildcard, which only who subscribes may use";
        }

        if (name.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)))
        {
            return "white space and control characters are not allowed";
        }

        if (name[0] == '$')
        {
            return "a leading '$' is kept for the broker's own use";
        }

        return System.Text.Encoding.UTF8.GetByteCount(name) > MaxBytes ? $"it is longer than {MaxBytes} bytes" : null;
    }

    /// <summary>A value as one level: letters, digits, '-' and '_' stay, everything else becomes '_'.</summary>
    public static string Level(string value)
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
