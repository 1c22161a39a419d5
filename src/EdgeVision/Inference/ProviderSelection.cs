using Microsoft.ML.OnnxRuntime;

namespace EdgeVision;

/// <summary>Which provider a model runs on and why others do not.</summary>
/// <param name="Active">Providers in the session, in ONNX Runtime's order of preference; the CPU is always last.</param>
/// <param name="Skipped">Providers that were wanted and passed over, each with its reason.</param>
public sealed record ProviderReport(IReadOnlyList<Provider> Active, IReadOnlyList<(Provider Provider, string Reason)> Skipped);

/// <summary>What selection needs of the native library; tests put a fake in its place.</summary>
internal interface INativeProviders
{
    /// <summary>ONNX Runtime's names of the providers the library was built with.</summary>
    IReadOnlyList<string> Available { get; }

    /// <summary>Appends the provider to the session's options; throws with the library's reason where it cannot.</summary>
    void Append(SessionOptions session, Provider provider, IReadOnlyDictionary<string, string> options);
}

internal sealed class OrtProviders : INativeProviders
{
    public static OrtProviders Instance { get; } = new();

    public IReadOnlyList<string> Available => OrtLibrary.AvailableProviders;

    public void Append(SessionOptions session, Provider provider, IReadOnlyDictionary<string, string> options)
    {
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
                // DirectML asks for sequential execution without memory patterns.
                session.EnableMemoryPattern = false;
                session.ExecutionMode = ExecutionMode.ORT_SEQUENTIAL;
                session.AppendExecutionProvider_DML(options.TryGetValue("device_id", out string? id) ? int.Parse(id, System.Globalization.CultureInfo.InvariantCulture) : 0);
                break;
            default:
                string name = provider switch
                {
                    Provider.OpenVino => "OpenVINO",
                    Provider.Xnnpack => "XNNPACK",
                    Provider.CoreMl => "CoreML",
                    Provider.Qnn => "QNN",
                    _ => "ACL",
                };
                session.AppendExecutionProvider(name, new Dictionary<string, string>(options));
                break;
        }
    }
}

/// <summary>Applies a <see cref="ProviderPolicy"/> to a session's options.</summary>
internal static class ProviderSelection
{
    public static ProviderReport Apply(ProviderPolicy policy, INativeProviders native, SessionOptions session, IReadOnlyDictionary<string, string> options)
    {
        var active = new List<Provider>();
        var skipped = new List<(Provider, string)>();
        foreach (var provider in policy.Providers)
        {
            if (provider == Provider.Cpu)
            {
                active.Add(provider);
                break; // ONNX Runtime runs everything on the CPU from here on.
            }

            string? reason = native.Available.Contains(provider.OrtName()) ? null : $"this build of ONNX Runtime has no {provider.OrtName()}";
            if (reason is null)
            {
                try
                {
                    native.Append(session, provider, options);
                    active.Add(provider);
                    if (!policy.Required)
                    {
                        break;
                    }

                    continue;
                }
                catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException or NotSupportedException)
                {
                    reason = OneLine.Of(e.Message);
                }
            }

            if (policy.Required)
            {
                throw new ProviderUnavailableException($"{provider.Name()} was required and cannot be had: {reason}; {Advice(provider)}");
            }

            if (!policy.IsAuto)
            {
                skipped.Add((provider, reason));
            }
        }

        if (!active.Contains(Provider.Cpu))
        {
            active.Add(Provider.Cpu); // For nodes that the chosen provider does not take.
        }

        return new ProviderReport(active, skipped);
    }

    private static string Advice(Provider provider) => provider switch
    {
        Provider.Cuda or Provider.TensorRt => "build with -p:EdgeVisionNative=Cuda on a machine with an NVIDIA driver, or ask for --provider auto",
        Provider.DirectMl => "build with -p:EdgeVisionNative=DirectML on Windows, or ask for --provider auto",
        _ => $"build with -p:EdgeVisionNative=None and let {OrtLibrary.PathVariable} name a library that has it, or ask for --provider auto",
    };
}
