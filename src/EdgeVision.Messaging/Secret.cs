namespace EdgeVision.Messaging;

/// <summary>
/// A password, token or key, or the place where it stands. It is read each time that it is needed, so a changed file counts from the next
/// connection on. Shown, it is <c>***</c>.
/// </summary>
public sealed class Secret
{
    private readonly Func<string> _read;

    private Secret(Func<string> read) => _read = read;

    /// <summary>The text itself. Prefer a file or a variable for what is kept under version control.</summary>
    public static Secret Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new Secret(() => text);
    }

    /// <summary>What an environment variable holds.</summary>
    public static Secret FromEnvironment(string variable)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(variable);
        return new Secret(() => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? text
            : throw new SinkException($"the environment variable {variable} is not set; it should hold the secret", canRetry: false));
    }

    /// <summary>What a file holds, without the line break at its end.</summary>
    public static Secret FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new Secret(() =>
        {
            try
            {
                return File.ReadAllText(path).TrimEnd('\r', '\n');
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new SinkException($"the file {path} with the secret cannot be read: {e.Message}", e, canRetry: false);
            }
        });
    }

    /// <summary>The text itself.</summary>
    public static implicit operator Secret(string text) => Text(text);

    /// <summary>Always <c>***</c>.</summary>
    public override string ToString() => "***";

    /// <exception cref="SinkException">The variable is not set, or the file cannot be read.</exception>
    internal string Read() => _read();
}
