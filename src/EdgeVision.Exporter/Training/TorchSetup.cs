using System.Runtime.InteropServices;
using TorchSharp;

namespace EdgeVision.Exporter.Training;

/// <summary>Settings of libtorch for the whole process.</summary>
public static partial class TorchSetup
{
    private static bool _done;

    /// <summary>
    /// Loads libtorch with a number of threads, once. Its OpenMP threads wait asleep: spinning ones cost twentyfold where
    /// another process wants the same cores (measured: 0.26 s a step against 5 s beside a compiler on two cores).
    /// </summary>
    /// <exception cref="EdgeVisionException">There is no libtorch for this machine.</exception>
    public static void Initialize(int threads)
    {
        if (_done)
        {
            return;
        }

        _done = true;
        if (OperatingSystem.IsLinux())
        {
            // .NET's own SetEnvironmentVariable does not reach the C environment, from which OpenMP reads when it loads.
            SetEnvironment("OMP_WAIT_POLICY", "PASSIVE", 0);
        }

        try
        {
            torch.set_num_threads(threads);
        }
        catch (TypeInitializationException e)
        {
            // TorchSharp's own message is a page of paths it tried.
            throw new EdgeVisionException("libtorch cannot be loaded; outside Linux x64 add the platform's libtorch-cpu package to EdgeVision.Exporter.csproj (--verbose shows what was tried)", e);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
