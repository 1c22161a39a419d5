using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision.Cli;

/// <summary>What tools/gpu-check/gpu_check_torch.py measured: PyTorch on the same architectures at the same sizes.</summary>
internal sealed record TorchTimes
{
    /// <summary>Version of PyTorch.</summary>
    public required string Torch { get; init; }

    /// <summary>Its device, by the name it has there.</summary>
    public required string Device { get; init; }

    /// <summary>What was measured.</summary>
    public required TorchRow[] Rows { get; init; }

    /// <summary>The row of an architecture at a size.</summary>
    public TorchRow? Find(DeviceCheckRow row, string mode) => Array.Find(Rows, r => r.Architecture == row.Architecture && r.Width == row.Width && r.Height == row.Height && r.Mode == mode);

    /// <summary>Reads the script's file.</summary>
    /// <exception cref="WrongCallException">It is not there, or is another.</exception>
    public static TorchTimes Read(string path)
    {
        Shell.MustExist(path, "PyTorch's times");
        try
        {
            using var file = File.OpenRead(path);
            return JsonSerializer.Deserialize(file, TorchTimesJson.Default.TorchTimes) ?? throw new JsonException("there is nothing in it");
        }
        catch (JsonException e)
        {
            throw new WrongCallException($"'{path}' is not what gpu_check_torch.py writes: {e.Message}");
        }
    }
}

/// <summary>PyTorch's times of one network, in milliseconds with the copies there and back.</summary>
internal sealed record TorchRow
{
    public required string Architecture { get; init; }
    public int Width { get; init; }
    public int Height { get; init; }

    /// <summary>eager or compiled.</summary>
    public required string Mode { get; init; }

    public double P50Ms { get; init; }
    public double P99Ms { get; init; }

    /// <summary>Why there is none; null where there is.</summary>
    public string? Error { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TorchTimes))]
internal sealed partial class TorchTimesJson : JsonSerializerContext;
