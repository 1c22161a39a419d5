using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision;

/// <summary>Memory of a session whose first provider is not the CPU.</summary>
internal interface IDeviceMemory : IDisposable
{
    /// <summary>Memory of the machine that the device copies from and to by itself (pinned); null where plain memory must do.</summary>
    OrtAllocator? Host { get; }

    /// <summary>Memory of the device, for runs that need the same addresses each time; null where it cannot be had, or nothing copies to it.</summary>
    OrtAllocator? Device { get; }

    /// <summary>Copies from the machine's memory to the device's, and returns when it is there.</summary>
    void CopyIn(nint device, nint host, long bytes);

    /// <summary>Copies from the device's memory to the machine's, and returns when it is there.</summary>
    void CopyOut(nint host, nint device, long bytes);
}

/// <summary>CUDA's memory: ONNX Runtime's allocators, and copies by the CUDA runtime that the provider has loaded.</summary>
internal sealed unsafe class CudaMemory : IDeviceMemory
{
    private const int HostToDevice = 1, DeviceToHost = 2;
    private readonly delegate* unmanaged<nint, nint, nuint, int, int> _copy;

    private CudaMemory(OrtAllocator? host, OrtAllocator? device, nint copy)
    {
        (Host, Device) = (host, device);
        _copy = (delegate* unmanaged<nint, nint, nuint, int, int>)copy;
    }

    public OrtAllocator? Host { get; }

    public OrtAllocator? Device { get; }

    /// <summary>What of it the session has.</summary>
    public static CudaMemory Open(InferenceSession session, int device)
    {
        nint copy = FindCopy();
        return new CudaMemory(
            Allocator(session, "CudaPinned", device, OrtMemType.Cpu) ?? (device == 0 ? null : Allocator(session, "CudaPinned", 0, OrtMemType.Cpu)),
            copy == 0 ? null : Allocator(session, "Cuda", device, OrtMemType.Default),
            copy);
    }

    public void CopyIn(nint device, nint host, long bytes) => Copy(device, host, bytes, HostToDevice);

    public void CopyOut(nint host, nint device, long bytes) => Copy(host, device, bytes, DeviceToHost);

    public void Dispose()
    {
        Host?.Dispose();
        Device?.Dispose();
    }

    private void Copy(nint to, nint from, long bytes, int kind)
    {
        int error = _copy(to, from, (nuint)bytes, kind);
        if (error != 0)
        {
            throw new EdgeVisionException($"CUDA copies no {bytes} bytes {(kind == HostToDevice ? "to" : "from")} the GPU: error {error}");
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
            return null; // this build's session has none of that name
        }
    }

    // The one that the provider is linked with is in the process already, under the name of its release.
    private static nint FindCopy()
    {
        string[] names = OperatingSystem.IsWindows() ? ["cudart64_13.dll", "cudart64_12.dll", "cudart64_110.dll"] : ["libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0"];
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
