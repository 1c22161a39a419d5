namespace EdgeVision.Configuration;

/// <summary>A configuration's text in a recording, with the folder from which its relative paths start in a comment before it.</summary>
internal static class RecordedText
{
    private const string Mark = "# folder: ";

    /// <summary>What is recorded.</summary>
    public static string Of(string text, string folder) => $"{Mark}{folder}\n{text}";

    /// <summary>The text and the folder out of what was recorded; no folder where it was recorded otherwise.</summary>
    public static (string Text, string Folder) Parse(string recorded)
    {
        int end = recorded.IndexOf('\n');
        return recorded.StartsWith(Mark, StringComparison.Ordinal) && end > 0 ? (recorded[(end + 1)..], recorded[Mark.Length..end].TrimEnd('\r')) : (recorded, "");
    }
}
