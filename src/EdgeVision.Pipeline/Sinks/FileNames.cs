using System.Text;

namespace EdgeVision.Pipeline.Sinks;

/// <summary>Converts names of sources, which may contain any character, to file names.</summary>
public static class FileNames
{
    private const int MaxLength = 80;

    /// <summary>Returns a safe file name.</summary>
    /// <remarks>
    /// Letters, digits, <c>-</c>, <c>_</c> and inner points are kept, other characters become <c>_</c>. A changed name gets four digits
    /// of its hash, so that two sources do not share a file.
    /// </remarks>
    public static string MakeSafe(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var text = new StringBuilder(name.Length);
        foreach (char c in name)
        {
            bool kept = char.IsAsciiLetterOrDigit(c) || c is '-' or '_' || c == '.' && text.Length > 0;
            text.Append(kept ? c : '_');
        }

        string safe = text.Length <= MaxLength ? text.ToString().TrimEnd('.') : text.ToString(0, MaxLength - "-ffff".Length).TrimEnd('.');
        return safe == name && safe.Length > 0 ? safe : FormattableString.Invariant($"{safe}-{Hash(name) & 0xFFFF:x4}");
    }

    /// <summary>Returns the path with <paramref name="mark"/> between its name and its extension.</summary>
    public static string InsertSuffix(string path, string mark) => Path.ChangeExtension(path, null) + mark + Path.GetExtension(path);

    // FNV-1a: the same on every machine and in every run, which string.GetHashCode is not.
    private static uint Hash(string name)
    {
        uint hash = 2166136261;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ b) * 16777619;
        }

        return hash ^ hash >> 16;
    }
}
