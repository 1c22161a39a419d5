using System.Globalization;

namespace EdgeVision.Configuration;

/// <summary>Something in a configuration that is wrong, and where. Never holds credentials.</summary>
/// <param name="File">Name of the file, as it was given.</param>
/// <param name="Line">From 1; 0 where it is about the whole file.</param>
/// <param name="Column">From 1.</param>
/// <param name="Message">What is wrong and what to do, one line.</param>
public sealed record ConfigProblem(string File, long Line, long Column, string Message)
{
    /// <summary>Like <c>door.yaml:12:7: 'policy' is wait, …</c>.</summary>
    public override string ToString() => Line == 0 ? $"{File}: {Message}" : string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: {Message}");
}
