using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using OpenCvSharp;

namespace EdgeVision.OpenCv;

/// <summary>
/// Detects OpenCV's native library, which comes with a package of its own and needs GTK 3 of the system on Linux.
/// </summary>
public static class OpenCvLibrary
{
    private const string Native = "OpenCvSharpExtern";

    private static readonly Lazy<string?> LoadError = new(TryLoad);
    private static readonly Lazy<bool> NetworkSupport = new(TryNetwork);

    /// <summary>Returns whether cameras and videos can be opened; if not, the reason says what to install.</summary>
    /// <remarks>Loads the library on the first call.</remarks>
    public static bool IsAvailable([NotNullWhen(false)] out string? reason) => (reason = LoadError.Value) is null;

    /// <summary>Gets whether OpenCV can read network streams; false if the library is missing.</summary>
    /// <remarks>
    /// The FFmpeg in OpenCvSharp4's packages for Linux is built without network support and reads files only; a custom build
    /// may support more. Tested once, on loopback.
    /// </remarks>
    public static bool HasNetwork => IsAvailable(out _) && NetworkSupport.Value;

    /// <exception cref="SourceException">The library is missing.</exception>
    internal static void EnsureAvailable(string name)
    {
        if (!IsAvailable(out string? reason))
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
            return ExplainLoadError(e.Message);
        }
    }

    // A build with network support connects before it sends anything.
    private static bool TryNetwork()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int[] timeouts = [CaptureProperty.OpenTimeout, 500, CaptureProperty.ReadTimeout, 500];
        string address = $"tcp://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        using var capture = new VideoCapture(address, VideoCaptureAPIs.FFMPEG, timeouts);
        return listener.Pending();
    }

    // The loader lists every path that it tried; the line about another missing library is the useful one.
    internal static string ExplainLoadError(string message)
    {
        string? need = message.Split('\n')
            .FirstOrDefault(line => line.Contains(".so", StringComparison.Ordinal) && !line.Contains(Native, StringComparison.Ordinal));
        return need is not null
            ? $"OpenCV's native library cannot be loaded ({need.Trim()}); it needs GTK 3 " +
                "(apt-get install --no-install-recommends libgtk-3-0), or use ffmpeg instead"
            : $"OpenCV's native library ({Native}) is missing; this build does not include it for this system; use ffmpeg instead";
    }
}
