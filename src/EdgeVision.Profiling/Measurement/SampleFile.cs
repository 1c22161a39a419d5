using System.Globalization;
using EdgeVision.Diagnostics;

namespace EdgeVision.Profiling.Measurement;

/// <summary>Writes the times of every measured run to a file.</summary>
internal static class SampleFile
{
    /// <summary>Writes CSV with one line per run, in order. The file gets its name only when it is complete.</summary>
    /// <remarks>
    /// Columns: <c>run,latency_ms,service_ms,queue_ms,preprocess_ms,copy_in_ms,run_ms,copy_out_ms,postprocess_ms</c>.
    /// </remarks>
    public static void Write(string path, MeasurementLoop loop)
    {
        AtomicFile.Write(path, stream =>
        {
            using var file = new StreamWriter(stream, leaveOpen: true);
            file.Write("run,latency_ms,service_ms,queue_ms,preprocess_ms,copy_in_ms,run_ms,copy_out_ms,postprocess_ms\n");
            var latency = loop.Latency.Times;
            var service = loop.Service.Times;
            for (int i = 0; i < latency.Length; i++)
            {
                var s = loop.Stages[i];
                double queued = loop.Queue is { } queue ? queue.Times[i] / 1e6 : 0;
                file.Write(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{i},{latency[i] / 1e6},{service[i] / 1e6},{queued},{s.Preprocess / 1e6},{s.CopyIn / 1e6},{s.Run / 1e6},"
                    + $"{s.CopyOut / 1e6},{s.Postprocess / 1e6}\n"));
            }
        });
    }
}
