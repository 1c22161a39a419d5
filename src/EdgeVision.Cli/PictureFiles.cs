using EdgeVision.Imaging;

namespace EdgeVision.Cli;

/// <summary>Which pictures a path stands for: one, a folder of them, or a pattern.</summary>
internal static class PictureFiles
{
    /// <summary>The pictures of <paramref name="source"/>, by name; <paramref name="several"/> unless it is one file.</summary>
    /// <exception cref="WrongCallException">There is none.</exception>
    public static List<string> Find(string source, out bool several)
    {
        several = true;
        if (Directory.Exists(source))
        {
            var pictures = Directory.EnumerateFiles(source).Where(IsPicture).Order(StringComparer.Ordinal).ToList();
            return pictures.Count > 0 ? pictures : throw new WrongCallException($"there is no picture in the folder '{source}' ({string.Join(", ", ImageFile.Extensions)})");
        }

        if (source.AsSpan().ContainsAny('*', '?') && !File.Exists(source))
        {
            string folder = Path.GetDirectoryName(source) is { Length: > 0 } d ? d : ".";
            var found = Directory.Exists(folder)
                ? Directory.EnumerateFiles(folder, Path.GetFileName(source)).Order(StringComparer.Ordinal).ToList()
                : [];
            return found.Count > 0 ? found : throw new WrongCallException($"no file matches '{source}'");
        }

        several = false;
        Shell.MustExist(source, "picture");
        return [source];
    }

    /// <summary>Whether a file of that name is taken for a picture.</summary>
    public static bool IsPicture(string path) => ImageFile.Extensions.Contains(Path.GetExtension(path).ToLowerInvariant());

    /// <summary>Pictures of a folder and of the folders in it, by path.</summary>
    public static IEnumerable<string> Below(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(IsPicture).Order(StringComparer.Ordinal);
}
