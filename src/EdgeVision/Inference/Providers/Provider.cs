using EdgeVision.Inference;
using EdgeVision.Inference.Providers;

namespace EdgeVision;

/// <summary>Execution providers of ONNX Runtime.</summary>
public enum Provider
{
    /// <summary>The CPU; always available.</summary>
    Cpu,
    /// <summary>NVIDIA CUDA.</summary>
    Cuda,
    /// <summary>NVIDIA TensorRT.</summary>
    TensorRt,
    /// <summary>DirectX 12 on Windows.</summary>
    DirectMl,
    /// <summary>Intel OpenVINO.</summary>
    OpenVino,
    /// <summary>XNNPACK kernels on the CPU.</summary>
    Xnnpack,
    /// <summary>Apple Core ML.</summary>
    CoreMl,
    /// <summary>Qualcomm QNN.</summary>
    Qnn,
    /// <summary>Arm Compute Library.</summary>
    Acl,
    /// <summary>Any other provider from a provider library, see <see cref="EngineOptions.ProviderLibrary"/>.</summary>
    Plugin,
}
