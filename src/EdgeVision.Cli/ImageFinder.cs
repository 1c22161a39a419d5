using EdgeVision.Imaging;
using EdgeVision.Pipeline.Skia;

namespace EdgeVision.Cli;

/// <summary>Finds the images that a path stands for: a file, a folder or a pattern.</summary>
internal static class ImageFinder
{
    /// <summary>Returns the images of a path, sorted by name.</summary>
    /// <param name="source">File, folder or pattern.</param>
    /// <param name="several">False if <paramref name="source"/> is a single file.</param>
    /// <exception cref="UsageException">There is no image.</exception>
    public static IReadOnlyList<string> Find(string source, out bool several)
    {
        several = !File.Exists(source);
        var found = ImageFileSource.FindFiles(source);
        return found.Count > 0 ? found
            : throw new UsageException(
                Directory.Exists(source) ? $"no image found in folder '{source}' (supported: {string.Join(", ", ImageFile.Extensions)})"
                : source.AsSpan().ContainsAny('*', '?') ? $"no file matches '{source}'"
                : $"image '{source}' does not exist");
    }

    /// <summary>Returns whether the extension of a file is that of a supported image format.</summary>
    public static bool IsImage(string path) => ImageFile.Extensions.Contains(Path.GetExtension(path).ToLowerInvariant());

    /// <summary>Returns the images of a folder and its subfolders, sorted by path.</summary>
    public static IEnumerable<string> FindRecursively(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(IsImage).Order(StringComparer.Ordinal);
}
