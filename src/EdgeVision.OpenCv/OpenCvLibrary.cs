using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using OpenCvSharp;

namespace EdgeVision.OpenCv;

/// <summary>OpenCV's native library: whether it is there. It comes with a package of its own, and on Linux needs GTK 3 from the system.</summary>
public static class OpenCvLibrary
{
    private const string Native = "OpenCvSharpExtern";

    private static readonly Lazy<string?> Missing = new(TryLoad);

    /// <summary>Whether cameras and videos can be opened; where not, the reason says what to install. Loads the library on the first call.</summary>
    public static bool Available([NotNullWhen(false)] out string? reason) => (reason = Missing.Value) is null;

    /// <exception cref="SourceException">The library is not there.</exception>
    internal static void MustBeThere(string name)
    {
        if (!Available(out string? reason))
        {
            throw new SourceException($"'{name}' cannot be opened: {reason}", canRetry: false);
        }
    }

    private static string? TryLoad()
    {
        try
        {
            NativeLibrary.Load(Native, typeof(Mat).Assembly, null);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return Explain(e.Message);
        }
    }

    // The loader lists every place where it looked; a line about a library that is missing in turn is the one that helps.
    internal static string Explain(string message)
    {
        string? need = message.Split('\n').FirstOrDefault(line => line.Contains(".so", StringComparison.Ordinal) && !line.Contains(Native, StringComparison.Ordinal));
        return need is not null
            ? $"OpenCV's native library does not load ({need.Trim()}); it needs GTK 3 (apt-get install --no-install-recommends libgtk-3-0), or read through ffmpeg"
            : $"OpenCV's native library ({Native}) is not there; this build leaves it out or has none for this system, so read through ffmpeg";
    }
}
