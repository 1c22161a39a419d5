using System.Globalization;

namespace EdgeVision;

/// <summary>Every measured run in a file.</summary>
internal static class SampleFile
{
    /// <summary>
    /// Writes CSV, a line a run in order: <c>run,latency_ms,service_ms,queue_ms,preprocess_ms,copy_in_ms,run_ms,copy_out_ms,postprocess_ms</c>. The file appears when it is whole.
    /// </summary>
    public static void Write(string path, MeasurementLoop loop)
    {
        string part = path + ".part";
        using (var file = new StreamWriter(part))
        {
            file.Write("run,latency_ms,service_ms,queue_ms,preprocess_ms,copy_in_ms,run_ms,copy_out_ms,postprocess_ms\n");
            var latency = loop.Latency.Times;
            var service = loop.Service.Times;
            for (int i = 0; i < latency.Length; i++)
            {
                var s = loop.Stages[i];
                file.Write(string.Create(CultureInfo.InvariantCulture,
                    $"{i},{latency[i] / 1e6},{service[i] / 1e6},{(loop.Queue is { } queue ? queue.Times[i] / 1e6 : 0)},{s.Preprocess / 1e6},{s.CopyIn / 1e6},{s.Run / 1e6},{s.CopyOut / 1e6},{s.Postprocess / 1e6}\n"));
            }
        }

        File.Move(part, path, overwrite: true);
    }
}
