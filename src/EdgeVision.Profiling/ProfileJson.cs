using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVision.Diagnostics;

namespace EdgeVision.Profiling;

/// <summary>Reads and writes profile rows as JSON, an array of objects.</summary>
/// <remarks>
/// Objects have every property of <see cref="ProfileRow"/>, named in snake case (<c>p99_ms</c>); unknown values are null.
/// </remarks>
public static class ProfileJson
{
    /// <summary>Serializes rows as indented JSON.</summary>
    public static byte[] Serialize(IReadOnlyList<ProfileRow> rows) =>
        JsonSerializer.SerializeToUtf8Bytes([.. rows], ProfileJsonContext.Default.ProfileRowArray);

    /// <summary>Parses rows written by <see cref="Serialize"/> of this version or an older one.</summary>
    /// <param name="json">JSON in UTF-8.</param>
    /// <param name="name">Name of the source for error messages.</param>
    /// <exception cref="EdgeVisionException">The text is not JSON or not a profile.</exception>
    public static ProfileRow[] Parse(ReadOnlySpan<byte> json, string name)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ProfileJsonContext.Default.ProfileRowArray) is { } rows && !rows.Any(r => r is null)
                ? rows
                : throw new EdgeVisionException($"'{name}' contains no profile");
        }
        catch (JsonException e)
        {
            throw new EdgeVisionException($"'{name}' is not a profile written by edgevision profile --json: {ErrorText.ToSingleLine(e.Message)}", e);
        }
    }

    /// <summary>Reads a file of rows.</summary>
    /// <exception cref="EdgeVisionException">The file cannot be read, is not JSON, or is not a profile.</exception>
    public static ProfileRow[] Load(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeVisionException($"'{path}' cannot be read: {ErrorText.ToSingleLine(e.Message)}", e);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ProfileRow[]))]
internal sealed partial class ProfileJsonContext : JsonSerializerContext;
