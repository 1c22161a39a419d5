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

/// <summary>A provider that the native library has and that does not start here.</summary>
internal sealed class ProviderFailedException(Provider provider, Exception cause) : Exception(OneLine.Of(cause.Message), cause)
{
    public Provider Provider { get; } = provider;
}

/// <summary>Turns a <see cref="ProviderPolicy"/> into an open session.</summary>
internal static class ProviderSelection
{
    /// <summary>
    /// Opens with what can be had. <paramref name="open"/> makes the session from providers in order (the CPU last) and
    /// throws <see cref="ProviderFailedException"/> where one does not start: at its registration, or, as CUDA without a
    /// device does, only when the session is made.
    /// </summary>
    public static (TSession Session, ProviderReport Report) Open<TSession>(
        ProviderPolicy policy, IReadOnlyList<string> available, Func<IReadOnlyList<Provider>, TSession> open)
    {
        var active = new List<Provider>();
        var skipped = new List<(Provider, string)>();
        foreach (var provider in policy.Providers.TakeWhile(p => p != Provider.Cpu || policy.Required))
        {
            if (provider == Provider.Cpu)
            {
                continue;
            }

            if (available.Contains(provider.OrtName()))
            {
                active.Add(provider);
                continue;
            }

            string reason = $"this build of ONNX Runtime has no {provider.OrtName()}";
            if (policy.Required)
            {
                throw Unavailable(provider, reason, null);
            }

            if (!policy.IsAuto)
            {
                skipped.Add((provider, reason));
            }
        }

        active.Add(Provider.Cpu); // For nodes that no other takes.
        while (true)
        {
            try
            {
                return (open(active), new ProviderReport([.. active], skipped));
            }
            catch (ProviderFailedException e) when (policy.Required)
            {
                throw Unavailable(e.Provider, e.Message, e);
            }
            catch (ProviderFailedException e) when (e.Provider != Provider.Cpu && active.Remove(e.Provider))
            {
                skipped.Add((e.Provider, e.Message));
            }
        }
    }

    /// <summary>Registers providers with a session's options.</summary>
    public static void Append(INativeProviders native, SessionOptions session, IReadOnlyList<Provider> providers, IReadOnlyDictionary<string, string> options)
    {
        foreach (var provider in providers)
        {
            try
            {
                native.Append(session, provider, OptionsOf(provider, options));
            }
            catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException or NotSupportedException)
            {
                throw new ProviderFailedException(provider, e);
            }
        }
    }

    /// <summary>Options without a prefix, and those with this provider's, which win.</summary>
    internal static Dictionary<string, string> OptionsOf(Provider provider, IReadOnlyDictionary<string, string> options)
    {
        string prefix = provider.Name() + ".";
        var own = options.Where(o => !o.Key.Contains('.')).ToDictionary(o => o.Key, o => o.Value);
        foreach (var (key, value) in options)
        {
            if (key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                own[key[prefix.Length..]] = value;
            }
        }

        return own;
    }

    private static ProviderUnavailableException Unavailable(Provider provider, string reason, Exception? cause)
    {
        string message = $"{provider.Name()} was required and cannot be had: {reason}; {Advice(provider)}";
        return cause is null ? new ProviderUnavailableException(message) : new ProviderUnavailableException(message, cause);
    }

    private static string Advice(Provider provider) => provider switch
    {
        Provider.Cuda or Provider.TensorRt => "build with -p:EdgeVisionNative=Cuda on a machine with an NVIDIA driver, or ask for --provider auto",
        Provider.DirectMl => "build with -p:EdgeVisionNative=DirectML on Windows, or ask for --provider auto",
        _ => $"build with -p:EdgeVisionNative=None and let {OrtLibrary.PathVariable} name a library that has it, or ask for --provider auto",
    };
}
