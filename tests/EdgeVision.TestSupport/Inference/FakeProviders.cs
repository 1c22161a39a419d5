using System.Reflection;
using EdgeVision.Inference.Binding;
using EdgeVision.Inference.Providers;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.TestSupport.Inference;

/// <summary>A native library that says it has providers, and lets the CPU do their work, or fail as they would.</summary>
internal sealed class FakeProviders(params string[] available) : INativeProviders
{
    public IReadOnlyList<string> Available { get; } = available;

    /// <summary>Appended providers in order, each with its options.</summary>
    public List<(Provider Provider, Dictionary<string, string> Options)> Appended { get; } = [];

    /// <summary>Providers that do not take a session.</summary>
    public List<Provider> FailToAppend { get; } = [];

    /// <summary>First providers whose runs fail.</summary>
    public List<Provider> FailToRun { get; } = [];

    /// <summary>First providers of the runs that were tried.</summary>
    public List<Provider> Runs { get; } = [];

    /// <summary>Where nodes are said to run; where they do when null.</summary>
    public Dictionary<string, int>? Placement { get; init; }

    /// <summary>Whether first providers have memory of their own: the CPU's, taken from ONNX Runtime's allocator.</summary>
    public bool HasMemory { get; init; }

    /// <summary>Whether that includes the device's.</summary>
    public bool HasDeviceMemory { get; init; }

    /// <summary>Whether what is copied in arrives as zeros.</summary>
    public bool CopiesWrongly { get; init; }

    public List<FakeMemory> Memories { get; } = [];

    public void Append(SessionOptions session, Provider provider, IReadOnlyDictionary<string, string> options)
    {
        Appended.Add((provider, new Dictionary<string, string>(options)));
        if (FailToAppend.Contains(provider))
        {
            throw Error("no\ndevice");
        }
    }

    public IDeviceMemory? OpenMemory(InferenceSession session, Provider provider, int device)
    {
        if (!HasMemory)
        {
            return null;
        }

        Memories.Add(new FakeMemory(session, device, HasDeviceMemory, CopiesWrongly));
        return Memories[^1];
    }

    public void BeforeRun(IReadOnlyList<Provider> active)
    {
        Runs.Add(active[0]);
        if (FailToRun.Contains(active[0]))
        {
            throw Error("CUDA failure 2: out of memory");
        }
    }

    public IReadOnlyDictionary<string, int> GetPlacement(IReadOnlyDictionary<string, int> measured) => Placement ?? measured;

    /// <summary>An error as ONNX Runtime raises it, which nobody else can make.</summary>
    public static OnnxRuntimeException Error(string message)
    {
        var constructor = typeof(OnnxRuntimeException).GetConstructors(BindingFlags.NonPublic | BindingFlags.Instance)[0];
        return (OnnxRuntimeException)constructor.Invoke([Enum.ToObject(constructor.GetParameters()[0].ParameterType, 1), message]);
    }
}

/// <summary>Memory of a device that is the CPU's.</summary>
internal sealed unsafe class FakeMemory(InferenceSession session, int device, bool hasDevice, bool wrong) : IDeviceMemory
{
    public OrtAllocator? HostAllocator { get; } = new(session, OrtMemoryInfo.DefaultInstance);

    public OrtAllocator? DeviceAllocator { get; } = hasDevice ? new OrtAllocator(session, OrtMemoryInfo.DefaultInstance) : null;

    public int DeviceId => device;

    public int CopiesIn { get; private set; }

    public int CopiesOut { get; private set; }

    public bool Disposed { get; private set; }

    public void CopyToDevice(nint device, nint host, long bytes)
    {
        CopiesIn++;
        if (wrong)
        {
            new Span<byte>((void*)device, (int)bytes).Clear();
        }
        else
        {
            Buffer.MemoryCopy((void*)host, (void*)device, bytes, bytes);
        }
    }

    public void CopyToHost(nint host, nint device, long bytes)
    {
        CopiesOut++;
        Buffer.MemoryCopy((void*)device, (void*)host, bytes, bytes);
    }

    public void Dispose()
    {
        Disposed = true;
        HostAllocator?.Dispose();
        DeviceAllocator?.Dispose();
    }
}
