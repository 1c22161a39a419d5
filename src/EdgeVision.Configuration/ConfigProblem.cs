using System.Globalization;

namespace EdgeVision.Configuration;

/// <summary>Problem in a configuration, with its position. Never contains credentials.</summary>
/// <param name="File">Name of the file, as it was given.</param>
/// <param name="Line">Line from 1; 0 for the whole file.</param>
/// <param name="Column">From 1.</param>
/// <param name="Message">What is wrong and what to do, one line.</param>
public sealed record ConfigProblem(string File, long Line, long Column, string Message)
{
    /// <summary>Returns a text such as <c>door.yaml:12:7: 'policy' must be one of …</c>.</summary>
    public override string ToString() => Line == 0
        ? $"{File}: {Message}"
        : string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: {Message}");
}
