using EdgeVision.Diagnostics;

namespace EdgeVision.Inference.OnnxFiles;

/// <summary>Checks that a model's external weights lie inside the model's folder.</summary>
internal static class ExternalData
{
    private const int MaxLinks = 40;

    /// <summary>Throws <see cref="ModelFormatException"/> if <paramref name="location"/> leaves the folder or does not exist.</summary>
    public static void Validate(string modelPath, string folder, string location)
    {
        // Both separators are checked on every system: a model moves between systems.
        string[] parts = location.Split('/', '\\');
        if (location.Length == 0 || location.Contains('\0') || Path.IsPathRooted(location)
            || parts[0].Length == 0 || parts[0].Contains(':') || Leaves(parts))
        {
            throw new ModelFormatException(
                $"model '{modelPath}' names external data '{ErrorText.ToSingleLine(location)}' outside its folder; that is not allowed");
        }

        string path = Path.Combine(folder, location);
        if (!File.Exists(path))
        {
            throw new ModelFormatException(
                $"model '{modelPath}' needs its external data '{ErrorText.ToSingleLine(location)}', which is not in its folder; copy it there");
        }

        // A model that is itself a link (a download cache) may have its weights beside the link or beside its target.
        string real = RealPath(path);
        if (!IsInside(real, RealPath(folder)) && !IsInside(real, Path.GetDirectoryName(RealPath(Path.GetFullPath(modelPath)))!))
        {
            throw new ModelFormatException(
                $"model '{modelPath}' names external data '{ErrorText.ToSingleLine(location)}', a link that leaves its folder; that is not allowed");
        }
    }

    private static bool Leaves(string[] parts)
    {
        int depth = 0;
        foreach (string part in parts)
        {
            depth += part switch { ".." => -1, "" or "." => 0, _ => 1 };
            if (depth < 0)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsInside(string path, string folder) =>
        path.StartsWith(Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    // Resolves links in every part of a path, not only in the last.
    private static string RealPath(string path)
    {
        for (int links = 0; links < MaxLinks; links++)
        {
            path = Path.GetFullPath(path);
            string? next = null;
            string at = Path.GetPathRoot(path)!;
            string[] parts = path[at.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
            for (int i = 0; i < parts.Length && next is null; i++)
            {
                string parent = at;
                at = Path.Combine(at, parts[i]);
                if (new FileInfo(at).LinkTarget is { } target)
                {
                    next = Path.Combine([Path.Combine(parent, target), .. parts[(i + 1)..]]);
                }
            }

            if (next is null)
            {
                return path;
            }

            path = next;
        }

        throw new ModelFormatException($"'{path}' has more than {MaxLinks} links, probably in a cycle");
    }
}
