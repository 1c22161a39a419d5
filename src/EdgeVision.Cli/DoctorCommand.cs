using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using EdgeVision.Cli.Profiling;
using EdgeVision.Decoding;
using EdgeVision.Inference;
using EdgeVision.Inference.Providers;
using EdgeVision.Profiling;
using EdgeVision.Profiling.Sensors;

namespace EdgeVision.Cli;

/// <summary><c>edgevision doctor</c>: shows this machine's hardware and runtime, and tests the execution providers.</summary>
internal static class DoctorCommand
{
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromMinutes(3); // TensorRT builds an engine even for a tiny network

    private sealed record Row(string Provider, string OrtName, bool IsAvailable, string? Advice, ProviderProbe? Probe);

    public static Command Create()
    {
        var library = ProviderArguments.ProviderLibraryOption();
        var options = ProviderArguments.ProviderOption();
        var noTry = new Option<bool>("--no-try") { Description = "Do not test the providers." };
        var json = new Option<string?>("--json")
        {
            Description = "Write the report as JSON to FILE; - for standard output.",
            HelpName = "FILE|-",
        };
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("doctor",
            """
            Shows what this machine and this build offer: processor, memory, GPUs, ONNX Runtime and its execution providers. Each available
            provider runs a tiny network in a separate process, and its result is compared with the CPU's.

            Examples:
              edgevision doctor
              edgevision doctor --provider-library /opt/onnxruntime/libonnxruntime_providers_cuda.so
            """)
        {
            library, options, noTry, json, verbose,
        };
        command.SetAction((parse, cancel) => CommandHelpers.Guard(parse.GetValue(verbose), async () =>
        {
            var providerOptions = ProviderArguments.ParseOptions(parse.GetValue(options));
            var rows = await Providers(parse.GetValue(library), providerOptions, !parse.GetValue(noTry), cancel);
            if (parse.GetValue(json) is { } to)
            {
                CommandHelpers.WriteJson(to, writer => Write(writer, rows));
            }

            if (parse.GetValue(json) != "-")
            {
                Print(rows);
            }

            return ExitCode.Success;
        }));
        return command;
    }

    private static async Task<List<Row>> Providers(
        string? library, Dictionary<string, string> options, bool tries, CancellationToken cancel)
    {
        var available = OrtLibrary.AvailableProviders;
        var rows = new List<Row>();
        foreach (var provider in Enum.GetValues<Provider>().Where(p => p != Provider.Plugin))
        {
            bool there = available.Contains(provider.GetOrtName());
            var probe = there && tries ? await Try(provider.GetName(), null, options, cancel) : null;
            rows.Add(new Row(provider.GetName(), provider.GetOrtName(), there, there ? null : Advice(provider), probe));
        }

        if (library is not null)
        {
            var probe = tries ? await Try(Provider.Plugin.GetName(), library, options, cancel) : null;
            string name = probe?.Provider ?? Provider.Plugin.GetName();
            rows.Add(new Row(name, probe?.OrtName ?? Path.GetFileName(library), File.Exists(library), null, probe));
        }

        return rows;
    }

    // In a separate process: a provider that does not match its driver may crash.
    private static async Task<ProviderProbe> Try(
        string provider, string? library, Dictionary<string, string> options, CancellationToken cancel)
    {
        var request = new ProfileRequest { Model = "", Provider = provider, ProviderLibrary = library, ProviderOptions = options };
        var job = new ProfileJob(ProfileTask.Probe, request, new ProfileOptions());
        var answer = await ProfileProcess.RunAsync(job, ProbeTimeout, (_, _) => { }, cancel);
        return answer.Probe ?? new ProviderProbe
        {
            Provider = provider,
            OrtName = library is null ? ProviderNames.Parse(provider).GetOrtName() : Path.GetFileName(library),
            Error = answer.Error,
        };
    }

    private static string Advice(Provider provider) => provider switch
    {
        Provider.Cuda => "build with -p:EdgeVisionNative=Cuda, or give its library with --provider-library",
        Provider.TensorRt => "build with -p:EdgeVisionNative=Cuda",
        Provider.DirectMl => "build with -p:EdgeVisionNative=DirectML, on Windows",
        _ => $"build with -p:EdgeVisionNative=None and set {OrtLibrary.PathVariable} to a library that includes it",
    };

    private static void Print(List<Row> rows)
    {
        Console.WriteLine($"edgevision {MachineInfo.Version}, {MachineInfo.Dotnet}");
        Console.WriteLine($"system     {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
        double memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1073741824.0;
        Console.WriteLine(FormattableString.Invariant($"machine    {Environment.ProcessorCount} cores, {memory:F1} GiB of memory"));
        Console.WriteLine($"kernels    {MachineInfo.Kernels}");
        foreach (var gpu in GpuInfo.GetDevices())
        {
            string size = gpu.MemoryMb is { } mb ? FormattableString.Invariant($", {mb} MiB") : "";
            string capability = gpu.ComputeCapability is { } version ? $", compute capability {version}" : "";
            Console.WriteLine($"GPU        {gpu.Name}{size}{capability}, driver {gpu.Driver ?? "unknown"}");
        }

        string? custom = Environment.GetEnvironmentVariable(OrtLibrary.PathVariable);
        string variable = custom is null ? "" : $" ({OrtLibrary.PathVariable}={custom})";
        Console.WriteLine($"ONNX Runtime {OrtLibrary.Version} from {OrtLibrary.CustomPath ?? "this build"}{variable}");
        foreach (var row in rows)
        {
            Console.WriteLine($"  {(row.IsAvailable ? "yes" : "no"),-4} {row.Provider,-10} {Describe(row)}");
        }

        Console.WriteLine($"decoders   {string.Join(", ", DecoderRegistry.Names)}");
    }

    private static string Describe(Row row)
    {
        if (row.Probe is not { } probe)
        {
            return row.Advice ?? "available, not tested";
        }

        string version = probe.Version is null ? "" : $" {probe.Version}";
        string on = probe.Devices is { Length: > 0 } devices ? $" on {string.Join(", ", devices)}" : "";
        string of = row.Provider == Provider.Plugin.GetName() || probe.Devices is not null ? $"{probe.OrtName}{version}{on}: " : "";
        if (!probe.Works)
        {
            return $"{of}does not work: {probe.Error}";
        }

        string elsewhere = probe.Placement?.Where(p => p.Key != probe.OrtName).Sum(p => p.Value) is > 0 and var nodes
            ? $", {nodes} of {probe.Placement.Sum(p => p.Value)} nodes on other providers"
            : "";
        return of + FormattableString.Invariant($"works: loads in {probe.LoadMs:F1} ms, runs in {probe.RunMs:F3} ms, ")
            + FormattableString.Invariant($"differs from the CPU by {probe.Difference:0.#E+0}{elsewhere}");
    }

    private static void Write(Utf8JsonWriter json, List<Row> rows)
    {
        json.WriteStartObject();
        json.WriteString("edgevision", MachineInfo.Version);
        json.WriteString("dotnet", MachineInfo.Dotnet);
        json.WriteString("system", RuntimeInformation.OSDescription);
        json.WriteString("architecture", RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant());
        json.WriteNumber("cores", Environment.ProcessorCount);
        json.WriteNumber("memory_mb", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1_000_000);
        json.WriteString("kernels", MachineInfo.Kernels);
        json.WriteStartArray("gpus");
        foreach (var gpu in GpuInfo.GetDevices())
        {
            json.WriteStartObject();
            json.WriteString("name", gpu.Name);
            json.WriteString("driver", gpu.Driver);
            json.WriteString("compute_capability", gpu.ComputeCapability);
            if (gpu.MemoryMb is { } mb)
            {
                json.WriteNumber("memory_mib", mb);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("onnx_runtime", OrtLibrary.Version);
        json.WriteString("onnx_runtime_path", OrtLibrary.CustomPath);
        json.WriteStartArray("providers");
        foreach (var row in rows)
        {
            Write(json, row);
        }

        json.WriteEndArray();
        json.WriteStartArray("decoders");
        foreach (string name in DecoderRegistry.Names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Row row)
    {
        json.WriteStartObject();
        json.WriteString("provider", row.Provider);
        json.WriteString("onnx_runtime_name", row.OrtName);
        json.WriteBoolean("there", row.IsAvailable);
        if (row.Advice is not null)
        {
            json.WriteString("advice", row.Advice);
        }

        if (row.Probe is { } probe)
        {
            json.WriteBoolean("works", probe.Works);
            json.WriteString("error", probe.Error);
            Number("load_ms", probe.LoadMs);
            Number("run_ms", probe.RunMs);
            Number("difference", probe.Difference);
            json.WriteString("version", probe.Version);
            json.WriteStartObject("placement");
            foreach (var (name, nodes) in probe.Placement ?? [])
            {
                json.WriteNumber(name, nodes);
            }

            json.WriteEndObject();
            json.WriteStartArray("devices");
            foreach (string device in probe.Devices ?? [])
            {
                json.WriteStringValue(device);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();

        void Number(string name, double? value)
        {
            if (value is { } number)
            {
                json.WriteNumber(name, number);
            }
        }
    }
}
