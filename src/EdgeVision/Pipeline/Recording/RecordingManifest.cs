using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision;

/// <summary>A model that took part in a recording.</summary>
/// <param name="Name">Its name in the pipeline.</param>
/// <param name="Path">Its file.</param>
/// <param name="Bytes">Length of the file.</param>
/// <param name="Sha256">SHA-256 of the file, lower-case hexadecimal.</param>
public sealed record RecordedModel(string Name, string Path, long Bytes, string Sha256)
{
    /// <summary>Looks at a model's file.</summary>
    /// <param name="name">Its name in the pipeline.</param>
    /// <param name="path">Its file.</param>
    /// <exception cref="EdgeVisionException">The file cannot be read.</exception>
    public static RecordedModel Of(string name, string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read);
            return new RecordedModel(name, System.IO.Path.GetFullPath(path), file.Length, Checksum.Hex(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeVisionException($"'{path}' cannot be read for the recording: {OneLine.Of(e.Message)}", e);
        }
    }
}

/// <summary>The file whose frames a recording refers to instead of holding them.</summary>
/// <param name="Path">The file.</param>
/// <param name="Bytes">Its length.</param>
public sealed record RecordedReference(string Path, long Bytes);

/// <summary>A source of a recording.</summary>
/// <param name="Name">Its name in the pipeline.</param>
/// <param name="Folder">Its folder in the recording's.</param>
/// <param name="Reference">The file that has its frames; null where the recording holds them.</param>
/// <param name="Frames">Frames recorded; null while the recording is not complete.</param>
public sealed record RecordedSourceEntry(string Name, string Folder, RecordedReference? Reference, long? Frames);

/// <summary>The machine that recorded.</summary>
/// <param name="Name">Host name.</param>
/// <param name="System">Operating system.</param>
/// <param name="Architecture">Processor architecture.</param>
/// <param name="Processors">Logical processors.</param>
/// <param name="Runtime">.NET.</param>
/// <param name="EdgeVision">Version of EdgeVision.</param>
public sealed record RecordedMachine(string Name, string System, string Architecture, int Processors, string Runtime, string EdgeVision)
{
    /// <summary>This machine.</summary>
    public static RecordedMachine Here() => new(
        Environment.MachineName,
        RuntimeInformation.OSDescription,
        RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        RuntimeInformation.FrameworkDescription,
        typeof(RecordedMachine).Assembly.GetName().Version?.ToString(3) ?? "");
}

/// <summary>What a recording says of itself: <c>manifest.json</c> in its folder.</summary>
public sealed record RecordingManifest
{
    /// <summary>The version that is written.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Name of the file in the recording's folder.</summary>
    public const string FileName = "manifest.json";

    private const long MostBytes = 16 << 20;

    /// <summary>Version of the layout.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>When the recording began.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>Whether it was ended in order.</summary>
    public bool Complete { get; init; }

    /// <summary>Text of the pipeline's configuration, secrets as <c>***</c>; null where it had none.</summary>
    public string? Config { get; init; }

    /// <summary>Models that took part.</summary>
    public IReadOnlyList<RecordedModel> Models { get; init; } = [];

    /// <summary>The machine that recorded.</summary>
    public RecordedMachine? Machine { get; init; }

    /// <summary>Sources, in the order in which their first frames came.</summary>
    public IReadOnlyList<RecordedSourceEntry> Sources { get; init; } = [];

    /// <summary>Reads a recording's manifest.</summary>
    /// <param name="folder">The recording's folder.</param>
    /// <exception cref="SourceException">There is none, it cannot be read, or it is of another version.</exception>
    public static RecordingManifest Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists || file.Length > MostBytes)
            {
                throw new SourceException($"'{folder}' is no recording: it has no {FileName}, or one that is too long", canRetry: false);
            }

            var manifest = JsonSerializer.Deserialize(File.ReadAllBytes(path), RecordingJson.Default.RecordingManifest);
            return manifest?.Version == CurrentVersion
                ? Checked(manifest, path)
                : throw new SourceException($"'{path}' is of version {manifest?.Version}; this EdgeVision reads {CurrentVersion}", canRetry: false);
        }
        catch (JsonException e)
        {
            throw new SourceException($"'{path}' is no manifest of a recording: {OneLine.Of(e.Message)}", e, canRetry: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"'{path}' cannot be read: {OneLine.Of(e.Message)}", e, canRetry: false);
        }
    }

    /// <summary>Writes the manifest; the old one stays until all of the new one is written.</summary>
    internal void Write(string folder)
    {
        string path = Path.Combine(folder, FileName), part = path + ".part";
        File.WriteAllBytes(part, JsonSerializer.SerializeToUtf8Bytes(this, RecordingJson.Default.RecordingManifest));
        File.Move(part, path, overwrite: true);
    }

    // A recording may come from elsewhere: its folders lie in it, nowhere else.
    private static RecordingManifest Checked(RecordingManifest manifest, string path)
    {
        // What the file has as null is null here, whatever the types say.
        if (manifest.Sources is not { } sources || sources.Any(s => s is null) || manifest.Models is not { } models || models.Any(m => m is not { Name: not null, Path.Length: > 0 }))
        {
            throw new SourceException($"'{path}' has no list of sources, or a model without a name or a path: it is no manifest of a recording", canRetry: false);
        }

        foreach (var source in manifest.Sources)
        {
            if (string.IsNullOrEmpty(source.Name) || source.Folder != FileNames.Safe(source.Folder ?? ""))
            {
                throw new SourceException($"'{path}' names a source's folder '{source.Folder}', which is none of a recording", canRetry: false);
            }
        }

        return manifest;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RecordingManifest))]
internal sealed partial class RecordingJson : JsonSerializerContext;
