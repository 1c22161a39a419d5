using EdgeVision.Decoding;
using EdgeVision.Diagnostics;
using EdgeVision.Specs;
using EdgeVision.Tensors;

namespace EdgeVision.Models;

/// <summary>Finds the spec of a model.</summary>
public static class BundleReader
{
    /// <summary>Reads the spec of a model from the first source that has one.</summary>
    /// <remarks>
    /// Sources in order: <paramref name="specPath"/>; the metadata entry <see cref="ModelSpec.MetadataKey"/>; a file
    /// <c>model.onnx.spec.json</c> or <c>model.spec.json</c> beside the model; Ultralytics' own metadata.
    /// </remarks>
    /// <returns>The spec and where it was found.</returns>
    /// <exception cref="SpecException">The spec found has a missing or impossible field.</exception>
    /// <exception cref="ModelFormatException">No source has a spec; the message shows one to start from.</exception>
    public static (ModelSpec Spec, string Source) ReadSpec(string modelPath, IReadOnlyDictionary<string, string> metadata,
        IReadOnlyList<TensorInfo> inputs, IReadOnlyList<TensorInfo> outputs, string? specPath = null)
    {
        ArgumentNullException.ThrowIfNull(modelPath);
        ArgumentNullException.ThrowIfNull(metadata);
        if (specPath is not null)
        {
            return (FromFile(specPath), $"'{specPath}'");
        }

        if (metadata.TryGetValue(ModelSpec.MetadataKey, out string? embedded))
        {
            return (ModelSpecValidator.Parse(embedded, $"the spec inside '{modelPath}'"), "the model's metadata");
        }

        foreach (string sidecar in new[] { modelPath + ".spec.json", Path.ChangeExtension(modelPath, ".spec.json") })
        {
            if (File.Exists(sidecar))
            {
                return (FromFile(sidecar), $"'{sidecar}'");
            }
        }

        if (UltralyticsMetadata.IsPresent(metadata))
        {
            var spec = UltralyticsMetadata.ToSpec(modelPath, metadata, inputs, outputs);
            ModelSpecValidator.Check(spec, $"Ultralytics' metadata in '{modelPath}'");
            return (spec, "Ultralytics' metadata");
        }

        throw new ModelFormatException(
            $"no spec was found for '{modelPath}' (inputs {string.Join("; ", inputs)}; outputs {string.Join("; ", outputs)}): "
            + $"give --spec FILE or put a file {Path.GetFileNameWithoutExtension(modelPath)}.spec.json beside it "
            + $"that starts from {ModelSpecJson.Example}; decoders are {string.Join(", ", DecoderRegistry.Names)}")
            {
                IsSpecMissing = true,
            };
    }

    private static ModelSpec FromFile(string path)
    {
        try
        {
            return ModelSpecValidator.Parse(File.ReadAllText(path), $"spec '{path}'");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SpecException($"spec '{path}' cannot be read: {ErrorText.ToSingleLine(e.Message)}", e);
        }
    }
}
