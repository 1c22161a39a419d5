using System.Text.Json.Serialization;

namespace EdgeVision.Profiling;

/// <summary>Machine on which a measurement ran.</summary>
public sealed record ProfileMachine
{
    /// <summary>16 hexadecimal digits that identify processor, memory, system and versions.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>Name of the processor.</summary>
    public string Cpu { get; init; } = "";

    /// <summary>Logical processors this process may use.</summary>
    public int Cores { get; init; }

    /// <summary>Architecture of the process: x64, arm64.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>Instruction sets that the kernels use.</summary>
    public string Kernels { get; init; } = "";

    /// <summary>Name of the board or computer, if available.</summary>
    public string? Board { get; init; }

    /// <summary>Memory in MB.</summary>
    public double MemoryMb { get; init; }

    /// <summary>Operating system.</summary>
    public string System { get; init; } = "";

    /// <summary>Frequency governor of the cores, if available: performance, schedutil, ….</summary>
    public string? Governor { get; init; }

    /// <summary>Gets whether the processor is emulated, so that times are not those of the real one.</summary>
    public bool Emulated { get; init; }

    /// <summary>Version of EdgeVision.</summary>
    [JsonPropertyName("edgevision")]
    public string EdgeVision { get; init; } = "";

    /// <summary>Version of ONNX Runtime.</summary>
    [JsonPropertyName("onnxruntime")]
    public string OnnxRuntime { get; init; } = "";

    /// <summary>Version of .NET, and whether the program was compiled ahead of time.</summary>
    public string Dotnet { get; init; } = "";
}
