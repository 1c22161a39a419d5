using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision;

/// <summary>Rows of profiles as JSON: an array of objects with every field of <see cref="ProfileRow"/>, named in snake case (<c>p99_ms</c>); what is not known is null.</summary>
public static class ProfileJson
{
    /// <summary>Rows as indented JSON.</summary>
    public static byte[] Serialize(IReadOnlyList<ProfileRow> rows) => JsonSerializer.SerializeToUtf8Bytes([.. rows], ProfileJsonContext.Default.ProfileRowArray);

    /// <summary>Reads rows that <see cref="Serialize"/> wrote, of this version or an older one.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="name">What it is, for errors.</param>
    /// <exception cref="EdgeVisionException">It is no JSON, or no profile.</exception>
    public static ProfileRow[] Parse(ReadOnlySpan<byte> json, string name)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ProfileJsonContext.Default.ProfileRowArray) is { } rows && !rows.Any(r => r is null)
                ? rows
                : throw new EdgeVisionException($"'{name}' holds no profile");
        }
        catch (JsonException e)
        {
            throw new EdgeVisionException($"'{name}' is no profile as edgevision profile --json writes it: {OneLine.Of(e.Message)}", e);
        }
    }

    /// <summary>Reads a file of rows.</summary>
    /// <exception cref="EdgeVisionException">It cannot be read, is no JSON, or no profile.</exception>
    public static ProfileRow[] Load(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeVisionException($"'{path}' cannot be read: {OneLine.Of(e.Message)}", e);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ProfileRow[]))]
internal sealed partial class ProfileJsonContext : JsonSerializerContext;
