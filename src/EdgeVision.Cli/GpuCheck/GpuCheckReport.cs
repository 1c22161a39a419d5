using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgeVision.Inference.Providers;
using EdgeVision.Profiling.Measurement;
using EdgeVision.Profiling.Sensors;

namespace EdgeVision.Cli.GpuCheck;

/// <summary>Writes the results of gpu-check as JSON and as a Markdown table.</summary>
internal static class GpuCheckReport
{
    /// <summary>Writes the architectures and input sizes of models, for the script that measures PyTorch.</summary>
    public static void WriteList(string to, string[] files) => CommandHelpers.WriteJson(to, json =>
    {
        var options = new RuntimeOptions { Providers = ProviderPolicy.Require(Provider.Cpu), OptimizeGraph = false };
        json.WriteStartArray();
        foreach (string file in files)
        {
            using var model = VisionModel.Load(file, options);
            json.WriteStartObject();
            json.WriteString("model", Path.GetFileNameWithoutExtension(file));
            json.WriteString("architecture", model.Spec.Provenance?.Architecture);
            json.WriteNumber("width", model.Spec.Input.Width);
            json.WriteNumber("height", model.Spec.Input.Height);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>Writes gpu-check.json and gpu-check.md.</summary>
    public static void Write(string folder, DeviceCheckOptions check, IReadOnlyList<DeviceCheckRow> rows, TorchTimes? torch)
    {
        CommandHelpers.WriteJson(Path.Combine(folder, "gpu-check.json"), json => Write(json, check, rows, torch));
        CommandHelpers.WriteAtomically(Path.Combine(folder, "gpu-check.md"), Encoding.UTF8.GetBytes(Table(check, rows, torch)));
    }

    /// <summary>Returns the table in Markdown.</summary>
    public static string Table(DeviceCheckOptions check, IReadOnlyList<DeviceCheckRow> rows, TorchTimes? torch)
    {
        var text = new StringBuilder();
        var machine = MachineInfo.Read();
        text.Append(CultureInfo.InvariantCulture, $"# {check.Provider.GetName()} compared with the CPU\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{machine.Cpu}, {machine.Cores} cores; {Gpus()}; EdgeVision {MachineInfo.Version}, ");
        text.Append(CultureInfo.InvariantCulture, $"ONNX Runtime {machine.OnnxRuntime}");
        text.Append(torch is null ? ".\n" : $", PyTorch {torch.Torch} on {torch.Device}.\n");
        text.Append("Milliseconds per run including copies, p50 (p99), ");
        text.Append(CultureInfo.InvariantCulture, $"of {check.Runs} runs after {check.WarmUp} warm-up runs. ");
        text.Append("Differences are the largest of any output from the CPU's.\n\n");
        text.Append("| model | input | agrees | max diff | of range | results | CPU | unbound | bound | CUDA graph |");
        text.Append(" torch eager | torch compiled | nodes |\n");
        text.Append("|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (var row in rows)
        {
            text.Append(Line(row, torch));
        }

        foreach (var row in rows.Where(r => r.Error is not null || r.ResultDetail is not null || r.NoCudaGraphReason is not null))
        {
            string[] details = [.. new[] { row.Error, row.ResultDetail, row.NoCudaGraphReason }.OfType<string>()];
            text.Append(CultureInfo.InvariantCulture, $"\n- {row.Model}: {string.Join("; ", details)}");
        }

        return text.Append('\n').ToString();
    }

    private static string Line(DeviceCheckRow row, TorchTimes? torch)
    {
        if (row.Error is not null)
        {
            return $"| {row.Model} | | no | | | | | | | | | | |\n";
        }

        var placement = row.Placement.Select(p => $"{p.Value} {p.Key.Replace("ExecutionProvider", "", StringComparison.Ordinal)}");
        string nodes = string.Join(", ", placement), pinned = row.UsesPinnedMemory ? " pinned" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {row.Model} | {row.Width}x{row.Height} | {(row.IsMatch ? "yes" : "NO")} | {row.MaxDifference:0.0E+00}"
            + $" | {row.RelativeDifference:0.0E+00} | {row.ResultDifference:0.000} | {Times(row.Cpu)} | {Times(row.Unbound)}"
            + $" | {Times(row.Bound)}{pinned} | {Times(row.CudaGraph)} | {Times(torch?.Find(row, "eager"))}"
            + $" | {Times(torch?.Find(row, "compiled"))} | {nodes} |\n");
    }

    private static string Times(DeviceTimes? times) =>
        times is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{times.P50Ms:F3} ({times.P99Ms:F3})");

    private static string Times(TorchRow? row) => row switch
    {
        null => "",
        { Error: not null } => "failed",
        _ => string.Create(CultureInfo.InvariantCulture, $"{row.P50Ms:F3} ({row.P99Ms:F3})"),
    };

    private static string Gpus() => GpuInfo.GetDevices() is { Count: > 0 } gpus
        ? string.Join(", ", gpus.Select(g => $"{g.Name} (driver {g.Driver ?? "unknown"})"))
        : "no NVIDIA driver";

    private static void Write(Utf8JsonWriter json, DeviceCheckOptions check, IReadOnlyList<DeviceCheckRow> rows, TorchTimes? torch)
    {
        var machine = MachineInfo.Read();
        json.WriteStartObject();
        json.WriteString("provider", check.Provider.GetName());
        json.WriteString("cpu", machine.Cpu);
        json.WriteNumber("cores", machine.Cores);
        json.WriteString("gpu", Gpus());
        json.WriteString("edgevision", MachineInfo.Version);
        json.WriteString("onnx_runtime", machine.OnnxRuntime);
        json.WriteString("torch", torch?.Torch);
        json.WriteNumber("tolerance", check.Tolerance);
        json.WriteStartObject("provider_options");
        foreach (var (name, value) in check.ProviderOptions)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteStartArray("models");
        foreach (var row in rows)
        {
            json.WriteStartObject();
            json.WriteString("model", row.Model);
            json.WriteString("architecture", row.Architecture);
            json.WriteNumber("width", row.Width);
            json.WriteNumber("height", row.Height);
            json.WriteBoolean("agrees", row.IsMatch);
            Text("error", row.Error);
            Number("max_difference", row.MaxDifference);
            Number("relative_difference", row.RelativeDifference);
            Number("result_difference", row.ResultDifference);
            Text("result_detail", row.ResultDetail);
            json.WriteBoolean("pinned", row.UsesPinnedMemory);
            json.WriteStartObject("placement");
            foreach (var (name, nodes) in row.Placement)
            {
                json.WriteNumber(name, nodes);
            }

            json.WriteEndObject();
            Times("cpu", row.Cpu);
            Times("unbound", row.Unbound);
            Times("bound", row.Bound);
            Times("cuda_graph", row.CudaGraph);
            Text("cuda_graph_reason", row.NoCudaGraphReason);
            foreach (string mode in (string[])["eager", "compiled"])
            {
                if (torch?.Find(row, mode) is { } times)
                {
                    json.WriteStartObject("torch_" + mode);
                    json.WriteNumber("p50_ms", times.P50Ms);
                    json.WriteNumber("p99_ms", times.P99Ms);
                    Text("error", times.Error);
                    json.WriteEndObject();
                }
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();

        void Text(string name, string? value)
        {
            if (value is not null)
            {
                json.WriteString(name, value);
            }
        }

        void Number(string name, double? value)
        {
            if (value is { } number)
            {
                json.WriteNumber(name, number);
            }
        }

        void Times(string name, DeviceTimes? times)
        {
            if (times is not null)
            {
                json.WriteStartObject(name);
                json.WriteNumber("runs", times.Runs);
                json.WriteNumber("mean_ms", times.MeanMs);
                json.WriteNumber("p50_ms", times.P50Ms);
                json.WriteNumber("p90_ms", times.P90Ms);
                json.WriteNumber("p99_ms", times.P99Ms);
                json.WriteNumber("max_ms", times.MaxMs);
                json.WriteEndObject();
            }
        }
    }
}
