using System.Globalization;
using System.Runtime.InteropServices;
using EdgeVision.Diagnostics;
using EdgeVision.Inference.Binding;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Inference.Providers;

/// <summary>Provider-specific functions of the native library; tests substitute a fake.</summary>
internal interface INativeProviders
{
    /// <summary>Gets ONNX Runtime's names of the available providers.</summary>
    IReadOnlyList<string> Available { get; }

    /// <summary>Returns ONNX Runtime's name of a provider.</summary>
    string GetName(Provider provider) => provider.GetOrtName();

    /// <summary>Appends the provider to the session's options; throws with the library's reason if it cannot.</summary>
    void Append(SessionOptions session, Provider provider, IReadOnlyDictionary<string, string> options);

    /// <summary>Opens the device memory of a session's first provider; null if that provider uses the CPU's memory.</summary>
    IDeviceMemory? OpenMemory(InferenceSession session, Provider provider, int device) => null;

    /// <summary>Called before each run, with the session's providers.</summary>
    void BeforeRun(IReadOnlyList<Provider> active)
    {
    }

    /// <summary>Returns the nodes by provider, as counted in a profile of the session.</summary>
    IReadOnlyDictionary<string, int> GetPlacement(IReadOnlyDictionary<string, int> measured) => measured;
}

/// <summary>Providers of the application's native library, and optionally of one provider library given by path.</summary>
internal sealed unsafe class OrtProviders(ProviderLibrary? library = null) : INativeProviders
{
    public static OrtProviders Instance { get; } = new();

    public IReadOnlyList<string> Available =>
        library is null ? OrtLibrary.AvailableProviders : [library.ProviderName, .. OrtLibrary.AvailableProviders];

    public string GetName(Provider provider) => provider == library?.Provider ? library.ProviderName : provider.GetOrtName();

    public void Append(SessionOptions session, Provider provider, IReadOnlyDictionary<string, string> options)
    {
        if (provider == library?.Provider)
        {
            library.Append(session, options);
            return;
        }

        switch (provider)
        {
            case Provider.Cpu:
                break;
            case Provider.Cuda:
                using (var cuda = new OrtCUDAProviderOptions())
                {
                    cuda.UpdateOptions(new Dictionary<string, string>(options));
                    session.AppendExecutionProvider_CUDA(cuda);
                }

                break;
            case Provider.TensorRt:
                using (var tensorRt = new OrtTensorRTProviderOptions())
                {
                    tensorRt.UpdateOptions(new Dictionary<string, string>(options));
                    session.AppendExecutionProvider_Tensorrt(tensorRt);
                }

                break;
            case Provider.DirectMl:
                AppendDirectMl(session, options);
                break;
            case Provider.Acl:
                AppendAcl(session, options);
                break;
            default:
                session.AppendExecutionProvider(provider switch
                {
                    Provider.OpenVino => "OpenVINO",
                    Provider.Xnnpack => "XNNPACK",
                    Provider.CoreMl => "CoreML",
                    Provider.Qnn => "QNN",
                    _ => throw new NotSupportedException("no provider library was given; set it with --provider-library"),
                }, new Dictionary<string, string>(options));
                break;
        }
    }

    public IDeviceMemory? OpenMemory(InferenceSession session, Provider provider, int device) =>
        provider is Provider.Cuda or Provider.TensorRt ? CudaMemory.Open(session, device) : null;

    private static void AppendDirectMl(SessionOptions session, IReadOnlyDictionary<string, string> options)
    {
        // DirectML requires sequential execution without memory patterns.
        session.EnableMemoryPattern = false;
        session.ExecutionMode = ExecutionMode.ORT_SEQUENTIAL;
        if (options.Keys.All(k => k == "device_id"))
        {
            session.AppendExecutionProvider_DML(ProviderOptions.GetDeviceId(options));
        }
        else
        {
            session.AppendExecutionProvider("DML", new Dictionary<string, string>(options)); // selects a device by kind
        }
    }

    // ONNX Runtime does not append ACL by name: a library with ACL exports a separate function.
    private static void AppendAcl(SessionOptions session, IReadOnlyDictionary<string, string> options)
    {
        nint append = OrtLibrary.GetExport("OrtSessionOptionsAppendExecutionProvider_ACL");
        if (append == 0)
        {
            throw new EntryPointNotFoundException("this build of ONNX Runtime has no ACLExecutionProvider");
        }

        bool fast = options.TryGetValue("enable_fast_math", out string? value) && ProviderOptions.IsTrue(value);
        nint status = ((delegate* unmanaged<nint, byte, nint>)append)(session.DangerousGetHandle(), fast ? (byte)1 : (byte)0);
        GC.KeepAlive(session);
        if (status != 0)
        {
            throw new NotSupportedException("ACLExecutionProvider failed to attach to the session");
        }
    }
}

/// <summary>Thrown when an available provider fails to start.</summary>
internal sealed class ProviderFailedException(Provider provider, string reason, Exception? cause = null) : Exception(reason, cause)
{
    public ProviderFailedException(Provider provider, Exception cause) : this(provider, ErrorText.ToSingleLine(cause.Message), cause)
    {
    }

    public Provider Provider { get; } = provider;
}
