using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Reports;

namespace EdgeVision.Bench;

/// <summary>A case beside one of its peers, medians in milliseconds.</summary>
/// <param name="Case">Benchmark class, category and parameters.</param>
/// <param name="OursMs">The runtime.</param>
/// <param name="Peer">What it is compared with.</param>
/// <param name="PeerMs">The peer.</param>
/// <param name="FloorMs">The bytes alone; null where no such floor is measured.</param>
/// <param name="AllocatedBytes">Bytes the runtime allocates a call.</param>
internal sealed record ReportRow(string Case, double OursMs, string Peer, double PeerMs, double? FloorMs, long AllocatedBytes)
{
    /// <summary>Median of the differences of ours and the peer, run in turns, or of ours and a part of it; null where there is no such pair.</summary>
    public double? OverheadMs { get; init; }
}

/// <summary>
/// Results as rows, JSON and a page. In a benchmark class the baseline is the runtime, a method whose name ends in Floor the least that any
/// way must take, and the others are peers.
/// </summary>
internal static class Report
{
    public static List<ReportRow> Rows(IEnumerable<Summary> summaries)
    {
        List<ReportRow> rows = [];
        foreach (var group in summaries.SelectMany(s => s.Reports).Where(r => r.Success && r.ResultStatistics is not null).GroupBy(Case))
        {
            var ours = group.FirstOrDefault(r => r.BenchmarkCase.Descriptor.Baseline);
            if (ours is null)
            {
                continue;
            }

            var floor = group.FirstOrDefault(IsFloor);
            long allocated = Allocated(ours.BenchmarkCase);
            foreach (var peer in group.Where(r => r != ours && !IsFloor(r)))
            {
                rows.Add(new ReportRow(group.Key, Median(ours), peer.BenchmarkCase.Descriptor.WorkloadMethod.Name, Median(peer), floor is null ? null : Median(floor), allocated));
            }
        }

        return rows;

        static string Case(BenchmarkReport report)
        {
            var descriptor = report.BenchmarkCase.Descriptor;
            string name = descriptor.Type.Name.Replace("Bench", "", StringComparison.Ordinal);
            string category = descriptor.Categories.Length > 0 ? " " + string.Join(' ', descriptor.Categories) : "";
            string parameters = string.Join(' ', report.BenchmarkCase.Parameters.Items.Select(p => p.Value is bool b ? b ? p.Name : "no " + p.Name : p.Value?.ToString()));
            return $"{name}{category}{(parameters.Length > 0 ? " " + parameters : "")}";
        }

        static bool IsFloor(BenchmarkReport r) => r.BenchmarkCase.Descriptor.WorkloadMethod.Name.EndsWith("Floor", StringComparison.Ordinal);

        static double Median(BenchmarkReport r) => r.ResultStatistics!.Median / 1e6;
    }

    // Bytes a call on the calling thread, the least of three rounds: the memory diagnoser counts what the measurement allocates too,
    // which shows where calls are few.
    private static long Allocated(BenchmarkDotNet.Running.BenchmarkCase benchmark)
    {
        var descriptor = benchmark.Descriptor;
        object instance = Activator.CreateInstance(descriptor.Type)!;
        foreach (var parameter in benchmark.Parameters.Items)
        {
            descriptor.Type.GetProperty(parameter.Name)!.SetValue(instance, parameter.Value);
        }

        descriptor.GlobalSetupMethod?.Invoke(instance, null);
        // A delegate of the method's own type: reflection would allocate, and box what the method returns.
        var call = (Action)typeof(Report).GetMethod(nameof(Caller), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
            .MakeGenericMethod(descriptor.WorkloadMethod.ReturnType == typeof(void) ? typeof(int) : descriptor.WorkloadMethod.ReturnType)
            .Invoke(null, [instance, descriptor.WorkloadMethod])!;
        long least = long.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            call();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10; i++)
            {
                call();
            }

            least = Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before) / 10);
        }

        (instance as IDisposable)?.Dispose();
        return least;
    }

    private static Action Caller<T>(object instance, System.Reflection.MethodInfo method)
    {
        if (method.ReturnType == typeof(void))
        {
            return method.CreateDelegate<Action>(instance);
        }

        var call = method.CreateDelegate<Func<T>>(instance);
        return () => call();
    }

    public static void Print(List<ReportRow> rows)
    {
        int width = rows.Count == 0 ? 4 : rows.Max(r => r.Case.Length), peer = rows.Count == 0 ? 4 : rows.Max(r => r.Peer.Length);
        Console.WriteLine($"{"case".PadRight(width)}      ours ms  {"peer".PadRight(peer)}      peer ms  peer/ours  floor ms  ours/floor  allocated  overhead ms");
        foreach (var r in rows)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{r.Case.PadRight(width)}  {r.OursMs,11:F4}  {r.Peer.PadRight(peer)}  {r.PeerMs,11:F4}  {r.PeerMs / r.OursMs,9:F2}  {Cell(r.FloorMs, "F4"),8}  {Cell(r.OursMs / r.FloorMs, "F2"),10}  {r.AllocatedBytes,9}  {Cell(r.OverheadMs, "F3"),11}"));
        }
    }

    public static void WriteJson(List<ReportRow> rows, string path)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartArray();
            foreach (var r in rows)
            {
                writer.WriteStartObject();
                writer.WriteString("case", r.Case);
                writer.WriteNumber("ours_ms", Math.Round(r.OursMs, 6));
                writer.WriteString("peer", r.Peer);
                writer.WriteNumber("peer_ms", Math.Round(r.PeerMs, 6));
                if (r.FloorMs is { } floor)
                {
                    writer.WriteNumber("floor_ms", Math.Round(floor, 6));
                }
                else
                {
                    writer.WriteNull("floor_ms");
                }

                writer.WriteNumber("allocated_bytes", r.AllocatedBytes);
                if (r.OverheadMs is { } overhead)
                {
                    writer.WriteNumber("overhead_ms", Math.Round(overhead, 6));
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        File.WriteAllBytes(path + ".part", buffer.ToArray());
        File.Move(path + ".part", path, overwrite: true);
    }

    public static void WriteMarkdown(string json, string path, string kernels)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(json));
        var text = new StringBuilder();
        text.AppendLine("# Results").AppendLine();
        text.AppendLine("Written by `dotnet run -c Release --project bench/EdgeVision.Bench -- --results FILE` from what `--quick --json FILE` measured. Medians, milliseconds; one thread unless a case says otherwise. Overhead is the median of the differences of ours and the peer, run in turns; of a frame alone it is what lies outside of ONNX Runtime's Run, whose time within the same frames stands as the peer (RunWithin).").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"- Machine: {Processor()}, {Environment.ProcessorCount} logical cores, {Vectors()}");
        text.AppendLine(CultureInfo.InvariantCulture, $"- System: {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
        text.AppendLine(CultureInfo.InvariantCulture, $"- Versions: .NET {Environment.Version}, {string.Join(", ", Versions())}").AppendLine();
        text.AppendLine("| case | ours | peer | peer takes | peer / ours | floor | ours / floor | allocated | overhead |");
        text.AppendLine("|---|---:|---|---:|---:|---:|---:|---:|---:|");
        string last = "";
        foreach (var row in document.RootElement.EnumerateArray())
        {
            string name = row.GetProperty("case").GetString()!;
            double ours = row.GetProperty("ours_ms").GetDouble(), peer = row.GetProperty("peer_ms").GetDouble();
            double? floor = row.GetProperty("floor_ms").ValueKind == JsonValueKind.Number ? row.GetProperty("floor_ms").GetDouble() : null;
            double? overhead = row.TryGetProperty("overhead_ms", out var difference) ? difference.GetDouble() : null;
            bool again = name == last;
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {(again ? "" : name)} | {(again ? "" : ours.ToString("F4", CultureInfo.InvariantCulture))} | {row.GetProperty("peer").GetString()} | {peer:F4} | {peer / ours:F1} | {(again ? "" : Cell(floor, "F4"))} | {(again ? "" : Cell(ours / floor, "F2"))} | {(again ? "" : row.GetProperty("allocated_bytes").GetInt64() + " B")} | {Cell(overhead, "F3")} |");
            last = name;
        }

        if (File.Exists(kernels))
        {
            text.AppendLine().Append(File.ReadAllText(kernels));
        }

        File.WriteAllText(path + ".part", text.ToString());
        File.Move(path + ".part", path, overwrite: true);
        Console.WriteLine($"written: {Path.GetRelativePath(".", path)}");
    }

    /// <summary>The folder of the benchmarks: the first above this assembly that holds KERNELS.md or RESULTS.md.</summary>
    public static string BenchFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "EdgeVision.sln")))
            {
                return Path.Combine(folder.FullName, "bench");
            }
        }

        return ".";
    }

    private static string Cell(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";

    private static string Processor()
    {
        try
        {
            string? line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
            return line is null ? "unknown processor" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }
        catch (IOException)
        {
            return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown processor";
        }
    }

    private static string Vectors() => Avx512Vbmi.IsSupported ? "AVX-512 with VBMI" : Vector512.IsHardwareAccelerated ? "AVX-512" : Avx2.IsSupported ? "AVX2" : Vector128.IsHardwareAccelerated ? "128-bit vectors" : "no vectors";

    private static IEnumerable<string> Versions()
    {
        foreach (var assembly in (System.Reflection.Assembly[])[typeof(Microsoft.ML.OnnxRuntime.InferenceSession).Assembly, typeof(OpenCvSharp.Mat).Assembly, typeof(SkiaSharp.SKBitmap).Assembly, typeof(TorchSharp.torch).Assembly, typeof(BenchmarkDotNet.Running.BenchmarkSwitcher).Assembly])
        {
            string version = System.Diagnostics.FileVersionInfo.GetVersionInfo(assembly.Location).ProductVersion ?? "?";
            int plus = version.IndexOf('+', StringComparison.Ordinal);
            yield return $"{assembly.GetName().Name} {(plus < 0 ? version : version[..plus])}";
        }
    }
}
