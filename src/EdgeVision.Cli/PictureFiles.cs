using EdgeVision.Imaging;

namespace EdgeVision.Cli;

/// <summary>Which pictures a path stands for: one, a folder of them, or a pattern.</summary>
internal static class PictureFiles
{
    /// <summary>The pictures of <paramref name="source"/>, by name; <paramref name="several"/> unless it is one file.</summary>
    /// <exception cref="WrongCallException">There is none.</exception>
    public static IReadOnlyList<string> Find(string source, out bool several)
    {
        several = !File.Exists(source);
        var found = PictureSource.Find(source);
        return found.Count > 0 ? found
            : throw new WrongCallException(Directory.Exists(source) ? $"there is no picture in the folder '{source}' ({string.Join(", ", ImageFile.Extensions)})"
                : source.AsSpan().ContainsAny('*', '?') ? $"no file matches '{source}'" : $"picture '{source}' does not exist");
    }

    /// <summary>Whether a file of that name is taken for a picture.</summary>
    public static bool IsPicture(string path) => ImageFile.Extensions.Contains(Path.GetExtension(path).ToLowerInvariant());

    /// <summary>Pictures of a folder and of the folders in it, by path.</summary>
    public static IEnumerable<string> Below(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(IsPicture).Order(StringComparer.Ordinal);
}
