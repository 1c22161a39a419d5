using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using EdgeVision.Inference;
using EdgeVision.Inference.OnnxFiles;
using EdgeVision.Inference.Providers;
using Xunit;

namespace EdgeVision.Tests.Inference;

/// <summary>
/// An execution provider in a library of its own, for real: a C compiler makes it of Native/negating_provider.c, ONNX Runtime loads it, and it runs nodes.
/// </summary>
public sealed class PluginProviderTests(PluginProviderTests.Libraries libraries) : IClassFixture<PluginProviderTests.Libraries>, IDisposable
{
    private const string Negating = "NegatingExecutionProvider", CpuOrt = "CPUExecutionProvider";
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-negating-").FullName;
    private readonly List<string> _notices = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void It_is_known_by_its_name_version_and_devices()
    {
        string path = libraries.Path();
        var library = ProviderLibrary.Load(path);
        Assert.Equal((Provider.Plugin, Negating, "0.1.0", path), (library.Provider, library.ProviderName, library.Version, library.Path));
        Assert.StartsWith("0: CPU", Assert.Single(library.Devices));
        Assert.Same(library, ProviderLibrary.Load(path)); // a library is loaded once
    }

    [Fact]
    public void It_is_the_first_choice_where_none_was_made()
    {
        using var engine = Load(ProviderPolicy.Auto, libraries.Path(), "Neg");
        Assert.Equal([Provider.Plugin, Provider.Cpu], engine.Providers.Active);
        Assert.Equal([-1f, 2f], Run(engine, 1, -2));
        Assert.Equal([-3f, -4f], Run(engine, 3, 4));
        Assert.Equal(1, engine.MeasurePlacement()[Negating]);
    }

    [Fact]
    public void It_can_be_required()
    {
        using var engine = Load(ProviderPolicy.Require(Provider.Plugin), libraries.Path(), "Neg", "Neg");
        Assert.Equal(2, Assert.Single(engine.Providers.Placement!).Value);
        Assert.Equal([1f, -2f], Run(engine, 1, -2));
    }

    [Fact]
    public void Nodes_that_it_does_not_take_break_the_requirement()
    {
        var e = Assert.Throws<ProviderUnavailableException>(() => Load(ProviderPolicy.Require(Provider.Plugin), libraries.Path(), "Neg", "Abs"));
        Assert.Contains($"{Negating}: 1", e.Message);
        Assert.Contains($"{CpuOrt}: 1", e.Message);
    }

    [Fact]
    public void The_cpu_may_have_them_where_it_is_named()
    {
        using var engine = Load(ProviderPolicy.Require(Provider.Plugin, Provider.Cpu), libraries.Path(), "Neg", "Abs");
        Assert.Equal(new Dictionary<string, int> { [Negating] = 1, [CpuOrt] = 1 }, engine.Providers.Placement!.ToDictionary());
        Assert.Equal([1f, 2f], Run(engine, 1, -2));
    }

    [Fact]
    public void Twins_share_it()
    {
        using var engine = Load(ProviderPolicy.Auto, libraries.Path(), "Neg");
        using var twin = engine.CreateContext();
        Assert.Equal([-1f, -2f], Run(engine, 1, 2));
        Assert.Equal([-3f, -4f], Run(twin, 3, 4));
    }

    [Fact]
    public void Failing_at_the_first_run_the_cpu_takes_its_place()
    {
        using var engine = Load(ProviderPolicy.Prefer(Provider.Plugin), libraries.Path("FAIL_COMPUTE"), "Neg");
        Assert.Equal([-1f, -2f], Run(engine, 1, 2));
        Assert.Equal([Provider.Cpu], engine.Providers.Active);
        Assert.Contains("out of memory", Assert.Single(engine.Providers.Skipped).Reason);
        Assert.Contains("out of memory", Assert.Single(_notices));
    }

    [Fact]
    public void Failing_at_the_first_run_is_an_error_where_it_was_required()
    {
        // Nodes are counted by running them, so that it shows at load.
        var e = Assert.Throws<EdgeVisionException>(() => Load(ProviderPolicy.Require(Provider.Plugin), libraries.Path("FAIL_COMPUTE"), "Neg"));
        Assert.Contains("out of memory", e.Message);
    }

    [Fact]
    public void Without_a_device_it_is_passed_over_or_an_error()
    {
        string path = libraries.Path("NO_DEVICE");
        Assert.Empty(ProviderLibrary.Load(path).Devices);
        Assert.Contains("found no supported device", Assert.Throws<ProviderUnavailableException>(() => Load(ProviderPolicy.Require(Provider.Plugin), path, "Neg")).Message);
        using var engine = Load(ProviderPolicy.Auto, path, "Neg");
        Assert.Equal([Provider.Cpu], engine.Providers.Active);
        Assert.Contains("found no supported device", Assert.Single(engine.Providers.Skipped).Reason);
    }

    [Fact]
    public void A_device_that_is_not_there_is_named()
    {
        var e = Assert.Throws<ProviderUnavailableException>(() => new InferenceEngine(Chain("Neg"), new EngineOptions
        {
            Providers = ProviderPolicy.Require(Provider.Plugin),
            ProviderLibrary = libraries.Path(),
            ProviderOptions = new Dictionary<string, string> { ["plugin.device_id"] = "7" },
        }));
        Assert.Matches("device_id must be below .*; got 7", e.Message);
    }

    [Fact]
    public void Without_a_library_there_is_no_plugin()
    {
        var e = Assert.Throws<ProviderUnavailableException>(() => new InferenceEngine(Chain("Neg"), new EngineOptions { Providers = ProviderPolicy.Require(Provider.Plugin) }));
        Assert.Contains("--provider-library", e.Message);
    }

    private static float[] Run(InferenceEngine engine, params float[] values)
    {
        MemoryMarshal.AsBytes<float>(values).CopyTo(engine.GetInputBytes(0));
        engine.Run();
        return engine.Results.GetData(0).ToArray();
    }

    private InferenceEngine Load(ProviderPolicy policy, string library, params string[] operators) =>
        new(Chain(operators), new EngineOptions { Providers = policy, ProviderLibrary = library, OnWarning = _notices.Add, OptimizeGraph = false });

    // x → operators → y, of two elements.
    private string Chain(params string[] operators)
    {
        string path = Path.Combine(_folder, Guid.NewGuid().ToString("N") + ".onnx");
        string At(int i) => i == 0 ? "x" : i == operators.Length ? "y" : $"t{i}";
        File.WriteAllBytes(path, OnnxEncoder.Model(
        [
            .. operators.SelectMany((op, i) => OnnxEncoder.Field(1, [.. OnnxEncoder.Text(1, At(i)), .. OnnxEncoder.Text(2, At(i + 1)), .. OnnxEncoder.Text(3, $"n{i}"), .. OnnxEncoder.Text(4, op)])),
            .. OnnxEncoder.Text(2, "chain"),
            .. OnnxEncoder.Field(11, OnnxEncoder.Value("x", 2)),
            .. OnnxEncoder.Field(12, OnnxEncoder.Value("y", 2)),
        ]));
        return path;
    }

    /// <summary>The library in its variants, each compiled once.</summary>
    public sealed class Libraries : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-libraries-").FullName;
        private readonly Dictionary<string, string> _made = [];

        public void Dispose() => Directory.Delete(_folder, recursive: true);

        public string Path(string variant = "")
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "it is compiled as Linux has it");
            string headers = typeof(Libraries).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(m => m.Key == "OnnxRuntimeHeaders").Value!;
            Assert.SkipUnless(File.Exists(System.IO.Path.Combine(headers, "onnxruntime_c_api.h")), "ONNX Runtime's headers are not here: another native library was built in");
            string machine = Compile("-dumpmachine") ?? "";
            Assert.SkipUnless(machine.StartsWith(RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "x86_64" : "aarch64", StringComparison.Ordinal), "there is no C compiler (cc) for this processor");
            if (!_made.TryGetValue(variant, out string? library))
            {
                library = System.IO.Path.Combine(_folder, $"libnegating{variant.ToLowerInvariant()}.so");
                string source = System.IO.Path.Combine(AppContext.BaseDirectory, "Native", "negating_provider.c");
                Assert.NotNull(Compile("-shared", "-fPIC", "-fvisibility=hidden", "-O1", "-I" + headers, "-D" + (variant.Length > 0 ? variant : "PLAIN"), source, "-o", library));
                _made[variant] = library;
            }

            return library;
        }

        private static string? Compile(params string[] arguments)
        {
            try
            {
                using var compiler = Process.Start(new ProcessStartInfo("cc", arguments) { RedirectStandardOutput = true })!;
                string output = compiler.StandardOutput.ReadToEnd();
                compiler.WaitForExit();
                return compiler.ExitCode == 0 ? output : null;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return null;
            }
        }
    }
}
