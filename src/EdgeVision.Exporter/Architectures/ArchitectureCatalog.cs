namespace EdgeVision.Exporter.Architectures;

/// <summary>Every architecture by name.</summary>
public static class ArchitectureCatalog
{
    /// <summary>All of them, fresh.</summary>
    public static IReadOnlyList<Architecture> All => [new FpnDetector()];

    /// <summary>The one of that name.</summary>
    /// <exception cref="EdgeVisionException">There is none.</exception>
    public static Architecture Find(string name) => All.FirstOrDefault(a => a.Name == name)
        ?? throw new EdgeVisionException($"there is no architecture '{name}'; known are {string.Join(", ", All.Select(a => a.Name))}");
}
