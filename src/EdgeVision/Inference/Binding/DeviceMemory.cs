using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Inference.Binding;

/// <summary>Memory of a session whose first provider is not the CPU.</summary>
internal interface IDeviceMemory : IDisposable
{
    /// <summary>Gets the allocator of pinned host memory; null if plain host memory must be used.</summary>
    OrtAllocator? HostAllocator { get; }

    /// <summary>
    /// Gets the allocator of device memory, for runs at fixed addresses; null if there is none or no function to copy to it.
    /// </summary>
    OrtAllocator? DeviceAllocator { get; }

    /// <summary>Copies from host to device memory; returns when the copy is complete.</summary>
    void CopyToDevice(nint device, nint host, long bytes);

    /// <summary>Copies from device to host memory; returns when the copy is complete.</summary>
    void CopyToHost(nint host, nint device, long bytes);
}

/// <summary>CUDA memory: ONNX Runtime's allocators, and copies through the CUDA runtime that the provider has loaded.</summary>
internal sealed unsafe class CudaMemory : IDeviceMemory
{
    private const int HostToDevice = 1, DeviceToHost = 2;
    private readonly delegate* unmanaged<nint, nint, nuint, int, int> _copy;

    private CudaMemory(OrtAllocator? host, OrtAllocator? device, nint copy)
    {
        (HostAllocator, DeviceAllocator) = (host, device);
        _copy = (delegate* unmanaged<nint, nint, nuint, int, int>)copy;
    }

    public OrtAllocator? HostAllocator { get; }

    public OrtAllocator? DeviceAllocator { get; }

    /// <summary>Opens the allocators that the session has.</summary>
    public static CudaMemory Open(InferenceSession session, int device)
    {
        nint copy = FindCopy();
        return new CudaMemory(
            Allocator(session, "CudaPinned", device, OrtMemType.Cpu)
                ?? (device == 0 ? null : Allocator(session, "CudaPinned", 0, OrtMemType.Cpu)),
            copy == 0 ? null : Allocator(session, "Cuda", device, OrtMemType.Default),
            copy);
    }

    public void CopyToDevice(nint device, nint host, long bytes) => Copy(device, host, bytes, HostToDevice);

    public void CopyToHost(nint host, nint device, long bytes) => Copy(host, device, bytes, DeviceToHost);

    public void Dispose()
    {
        HostAllocator?.Dispose();
        DeviceAllocator?.Dispose();
    }

    private void Copy(nint to, nint from, long bytes, int kind)
    {
        int error = _copy(to, from, (nuint)bytes, kind);
        if (error != 0)
        {
            string direction = kind == HostToDevice ? "to" : "from";
            throw new EdgeVisionException($"CUDA failed to copy {bytes} bytes {direction} the GPU: error {error}");
        }
    }

    private static OrtAllocator? Allocator(InferenceSession session, string name, int device, OrtMemType type)
    {
        try
        {
            using var info = new OrtMemoryInfo(name, OrtAllocatorType.DeviceAllocator, device, type);
            return new OrtAllocator(session, info);
        }
        catch (OnnxRuntimeException)
        {
            return null; // the session of this build has no allocator of that name
        }
    }

    // The runtime that the provider is linked with is loaded already, under the file name of its release.
    private static nint FindCopy()
    {
        string[] names = OperatingSystem.IsWindows()
            ? ["cudart64_13.dll", "cudart64_12.dll", "cudart64_110.dll"]
            : ["libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0"];
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, out nint library) && NativeLibrary.TryGetExport(library, "cudaMemcpy", out nint copy))
            {
                return copy;
            }
        }

        return 0;
    }
}
