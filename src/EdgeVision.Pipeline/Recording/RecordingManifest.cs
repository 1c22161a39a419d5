using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVision.Diagnostics;
using EdgeVision.Pipeline.Sinks;

namespace EdgeVision.Pipeline.Recording;

/// <summary>Model used in a recording.</summary>
/// <param name="Name">Name in the pipeline.</param>
/// <param name="Path">Path of the file.</param>
/// <param name="Bytes">Size of the file in bytes.</param>
/// <param name="Sha256">SHA-256 of the file, lower-case hexadecimal.</param>
public sealed record RecordedModel(string Name, string Path, long Bytes, string Sha256)
{
    /// <summary>Reads the size and checksum of a model file.</summary>
    /// <param name="name">Name in the pipeline.</param>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="EdgeVisionException">The file cannot be read.</exception>
    public static RecordedModel FromFile(string name, string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read);
            return new RecordedModel(name, System.IO.Path.GetFullPath(path), file.Length, Checksum.ComputeHex(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeVisionException($"'{path}' cannot be read for the recording: {ErrorText.ToSingleLine(e.Message)}", e);
        }
    }
}

/// <summary>File with the frames that a recording refers to instead of storing them.</summary>
/// <param name="Path">Path of the file.</param>
/// <param name="Bytes">Size of the file in bytes.</param>
public sealed record RecordedReference(string Path, long Bytes);

/// <summary>Entry of a source in the manifest of a recording.</summary>
/// <param name="Name">Name in the pipeline.</param>
/// <param name="Folder">Folder of the source in that of the recording.</param>
/// <param name="Reference">File with its frames; null if the recording stores them.</param>
/// <param name="Frames">Number of frames recorded; null while the recording is incomplete.</param>
public sealed record RecordedSourceEntry(string Name, string Folder, RecordedReference? Reference, long? Frames);

/// <summary>Machine that made the recording.</summary>
/// <param name="Name">Host name.</param>
/// <param name="System">Operating system.</param>
/// <param name="Architecture">Processor architecture.</param>
/// <param name="Processors">Logical processors.</param>
/// <param name="Runtime">Version of .NET.</param>
/// <param name="EdgeVision">Version of EdgeVision.</param>
public sealed record RecordedMachine(string Name, string System, string Architecture, int Processors, string Runtime, string EdgeVision)
{
    /// <summary>Returns the description of this machine.</summary>
    public static RecordedMachine GetCurrent() => new(
        Environment.MachineName,
        RuntimeInformation.OSDescription,
        RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        RuntimeInformation.FrameworkDescription,
        typeof(RecordedMachine).Assembly.GetName().Version?.ToString(3) ?? "");
}

/// <summary>Manifest of a recording: <c>manifest.json</c> in its folder.</summary>
public sealed record RecordingManifest
{
    /// <summary>Version of the layout that is written.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Name of the manifest file.</summary>
    public const string FileName = "manifest.json";

    private const long MaxBytes = 16 << 20;

    /// <summary>Version of the layout.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Start time of the recording.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>Gets whether the recording was completed properly.</summary>
    public bool Complete { get; init; }

    /// <summary>Text of the pipeline's configuration with secrets as <c>***</c>; null if there is none.</summary>
    public string? Config { get; init; }

    /// <summary>Models used.</summary>
    public IReadOnlyList<RecordedModel> Models { get; init; } = [];

    /// <summary>Machine that made the recording.</summary>
    public RecordedMachine? Machine { get; init; }

    /// <summary>Sources in the order of their first frames.</summary>
    public IReadOnlyList<RecordedSourceEntry> Sources { get; init; } = [];

    /// <summary>Reads a recording's manifest.</summary>
    /// <param name="folder">Folder of the recording.</param>
    /// <exception cref="SourceException">The manifest is missing, cannot be read, or has another version.</exception>
    public static RecordingManifest Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists || file.Length > MaxBytes)
            {
                throw new SourceException(
                    $"'{folder}' is not a recording: {FileName} is missing or larger than {MaxBytes >> 20} MiB", canRetry: false);
            }

            var manifest = JsonSerializer.Deserialize(File.ReadAllBytes(path), RecordingJson.Default.RecordingManifest);
            return manifest?.Version == CurrentVersion
                ? Validate(manifest, path)
                : throw new SourceException(
                    $"'{path}' has version {manifest?.Version}; this EdgeVision reads version {CurrentVersion}", canRetry: false);
        }
        catch (JsonException e)
        {
            throw new SourceException($"'{path}' is not the manifest of a recording: {ErrorText.ToSingleLine(e.Message)}", e, canRetry: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"'{path}' cannot be read: {ErrorText.ToSingleLine(e.Message)}", e, canRetry: false);
        }
    }

    /// <summary>Writes the manifest; the old one is replaced only once the new one is complete.</summary>
    internal void Write(string folder)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(this, RecordingJson.Default.RecordingManifest);
        AtomicFile.WriteAllBytes(Path.Combine(folder, FileName), json);
    }

    // A manifest is untrusted: the folders of its sources must lie in the recording.
    private static RecordingManifest Validate(RecordingManifest manifest, string path)
    {
        // Null in the file is null here, despite the non-nullable types.
        if (manifest.Sources is not { } sources
            || sources.Any(s => s is null)
            || manifest.Models is not { } models
            || models.Any(m => m is not { Name: not null, Path.Length: > 0 }))
        {
            throw new SourceException(
                $"'{path}' is not the manifest of a recording: it has no list of sources, or a model without a name or a path",
                canRetry: false);
        }

        foreach (var source in manifest.Sources)
        {
            if (string.IsNullOrEmpty(source.Name) || source.Folder != FileNames.MakeSafe(source.Folder ?? ""))
            {
                throw new SourceException(
                    $"'{path}' has a source with an invalid name or folder; got folder '{source.Folder}'", canRetry: false);
            }
        }

        return manifest;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RecordingManifest))]
internal sealed partial class RecordingJson : JsonSerializerContext;
