using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Diagnostics;

/// <summary>Puts messages of other libraries on one line.</summary>
public static class ErrorText
{
    /// <summary>Returns the text with line breaks replaced by spaces, truncated to 300 characters.</summary>
    public static string ToSingleLine(string text)
    {
        string line = string.Join(' ', text.Split((char[])['\r', '\n', '\t', ' '], StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 300 ? line : line[..300] + "…";
    }
}
