using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVision.Profiling.Measurement;

namespace EdgeVision.Cli.GpuCheck;

/// <summary>Times of PyTorch on the same architectures and sizes, as tools/gpu-check/gpu_check_torch.py measures them.</summary>
internal sealed record TorchTimes
{
    /// <summary>Gets the version of PyTorch.</summary>
    public required string Torch { get; init; }

    /// <summary>Gets PyTorch's name of the device.</summary>
    public required string Device { get; init; }

    /// <summary>Gets the measurements.</summary>
    public required TorchRow[] Rows { get; init; }

    /// <summary>Returns the measurement of the same architecture and size in a mode; null if there is none.</summary>
    public TorchRow? Find(DeviceCheckRow row, string mode) => Array.Find(
        Rows, r => r.Architecture == row.Architecture && r.Width == row.Width && r.Height == row.Height && r.Mode == mode);

    /// <summary>Reads the file that the script writes.</summary>
    /// <exception cref="UsageException">The file does not exist, or has another format.</exception>
    public static TorchTimes Read(string path)
    {
        CommandHelpers.RequireFile(path, "file of PyTorch times");
        try
        {
            using var file = File.OpenRead(path);
            return JsonSerializer.Deserialize(file, TorchTimesJson.Default.TorchTimes) ?? throw new JsonException("the file is empty");
        }
        catch (JsonException e)
        {
            throw new UsageException($"'{path}' is not a file that gpu_check_torch.py writes: {e.Message}");
        }
    }
}

/// <summary>Times of one network in PyTorch, in milliseconds, including the copies to and from the device.</summary>
internal sealed record TorchRow
{
    public required string Architecture { get; init; }
    public int Width { get; init; }
    public int Height { get; init; }

    /// <summary>Gets the mode: "eager" or "compiled".</summary>
    public required string Mode { get; init; }

    public double P50Ms { get; init; }
    public double P99Ms { get; init; }

    /// <summary>Gets the reason why the measurement failed; null if it succeeded.</summary>
    public string? Error { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TorchTimes))]
internal sealed partial class TorchTimesJson : JsonSerializerContext;
