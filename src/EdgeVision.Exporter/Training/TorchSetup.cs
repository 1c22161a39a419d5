using System.Runtime.InteropServices;
using TorchSharp;

namespace EdgeVision.Exporter.Training;

/// <summary>Configures libtorch for the whole process.</summary>
public static partial class TorchSetup
{
    private static bool _done;

    /// <summary>Loads libtorch with a number of threads, once.</summary>
    /// <exception cref="EdgeVisionException">libtorch is not available for this machine.</exception>
    /// <remarks>
    /// Idle OpenMP threads sleep: spinning ones make training twenty times slower if another process uses the same cores
    /// (measured: 0.26 s per step against 5 s beside a compiler on two cores).
    /// </remarks>
    public static void Initialize(int threads)
    {
        if (_done)
        {
            return;
        }

        _done = true;
        if (OperatingSystem.IsLinux())
        {
            // .NET's SetEnvironmentVariable does not change the C environment, which OpenMP reads when it loads.
            SetEnvironment("OMP_WAIT_POLICY", "PASSIVE", 0);
        }

        try
        {
            torch.set_num_threads(threads);
        }
        catch (TypeInitializationException e)
        {
            // TorchSharp's own message is a page of attempted paths.
            throw new EdgeVisionException(
                "Cannot load libtorch; on platforms other than Linux x64 add the platform's libtorch-cpu package to "
                + "EdgeVision.Exporter.csproj (--verbose shows the attempted paths)", e);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
