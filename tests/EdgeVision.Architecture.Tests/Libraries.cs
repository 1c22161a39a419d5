using System.Reflection;

namespace EdgeVision.Architecture.Tests;

/// <summary>Finds the libraries of the repository: their order, source files and compiled assemblies.</summary>
internal static class Libraries
{
    /// <summary>Gets the libraries in order; each may reference only those before it.</summary>
    public static string[] Order { get; } =
    [
        "EdgeVision", "EdgeVision.Onnx", "EdgeVision.Imaging", "EdgeVision.Tracking", "EdgeVision.Retrieval", "EdgeVision.Evaluation",
        "EdgeVision.Pipeline", "EdgeVision.Pipeline.Skia", "EdgeVision.Profiling", "EdgeVision.OpenCv", "EdgeVision.Messaging",
        "EdgeVision.Live", "EdgeVision.Configuration", "EdgeVision.Hosting", "EdgeVision.Exporter", "EdgeVision.Cli",
    ];

    /// <summary>Gets the assemblies in order; each is read once.</summary>
    public static IReadOnlyList<CompiledAssembly> All => Assemblies.Value;

    /// <summary>Gets the folder with the libraries' sources.</summary>
    public static string Source { get; } = FindSource();

    private static Lazy<CompiledAssembly[]> Assemblies { get; } =
        new(() => [.. Order.Select(name => CompiledAssembly.Read(FindAssembly(name)))]);

    /// <summary>Returns a library's source files, relative to <see cref="Source"/>, without what a build generates.</summary>
    public static IEnumerable<string> GetFiles(string library) =>
        Directory.EnumerateFiles(Path.Combine(Source, library), "*.cs", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Source, f).Replace('\\', '/'))
            .Where(f => f.Split('/')[1] is not ("bin" or "obj"))
            .Order(StringComparer.Ordinal);

    private static string FindAssembly(string name)
    {
        string configuration = typeof(Libraries).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(a => a.Key == "Configuration").Value!;
        string path = Path.Combine(Source, name, "bin", configuration, "net10.0", name + ".dll");
        return File.Exists(path)
            ? path
            : throw new FileNotFoundException($"{name} is not built: build the test project in the configuration {configuration}", path);
    }

    // The tests read sources, so they run within a clone.
    private static string FindSource()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "EdgeVision.sln")))
            {
                return Path.Combine(folder.FullName, "src");
            }
        }

        throw new DirectoryNotFoundException("EdgeVision.sln was not found above the tests: run them in a clone of the repository");
    }
}
