namespace EdgeVision.Messaging;

/// <summary>Password, token or key, or a reference to where it is stored. Its text form is <c>***</c>.</summary>
/// <remarks>It is read each time it is needed, so a changed file applies from the next connection on.</remarks>
public sealed class Secret
{
    private readonly Func<string> _read;

    private Secret(Func<string> read) => _read = read;

    /// <summary>Creates a secret from its text. Prefer a file or a variable for files under version control.</summary>
    public static Secret FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new Secret(() => text);
    }

    /// <summary>Creates a secret that is read from an environment variable.</summary>
    public static Secret FromEnvironment(string variable)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(variable);
        return new Secret(() => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? text
            : throw new SinkException($"the environment variable {variable} is not set; it must contain the secret", canRetry: false));
    }

    /// <summary>Creates a secret that is read from a file, without the line break at its end.</summary>
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

    /// <summary>Creates a secret from its text.</summary>
    public static implicit operator Secret(string text) => FromText(text);

    /// <summary>Returns <c>***</c>.</summary>
    public override string ToString() => "***";

    /// <exception cref="SinkException">The variable is not set, or the file cannot be read.</exception>
    internal string Read() => _read();
}
