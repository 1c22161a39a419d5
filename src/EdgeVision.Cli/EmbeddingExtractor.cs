using EdgeVision.Decoding;
using EdgeVision.Diagnostics;
using EdgeVision.Imaging;

namespace EdgeVision.Cli;

/// <summary>Computes the embeddings of images for <c>index</c> and <c>search</c>.</summary>
internal sealed class EmbeddingExtractor : IDisposable
{
    private readonly VisionModel _model;
    private readonly VisionResult _result = new();

    /// <summary>Loads the model.</summary>
    /// <exception cref="UsageException">The model does not exist, or produces no embedding.</exception>
    public EmbeddingExtractor(string path, string? spec, RuntimeOptions runtime, int? threads)
    {
        CommandHelpers.RequireFile(path, "model");
        if (spec is not null)
        {
            CommandHelpers.RequireFile(spec, "spec");
        }

        _model = VisionModel.Load(path, runtime with { SpecPath = spec, Threads = threads is { } n ? ThreadBudget.FromCores(n) : null });
        if (!_model.Produces(OutputKind.Embedding))
        {
            string name = _model.Name, task = _model.Spec.Task;
            _model.Dispose();
            throw new UsageException($"model '{name}' produces no embedding; its task is '{task}'");
        }

        using var stream = File.OpenRead(path);
        Origin = $"{_model.Name}, SHA-256 {Checksum.ComputeHex(stream)[..16]}";
    }

    /// <summary>Gets the model's name and the first 16 digits of its SHA-256, by which an index knows its model.</summary>
    public string Origin { get; }

    /// <summary>Returns the embedding of an image; valid until the next call.</summary>
    /// <exception cref="EdgeVisionException">The image cannot be read, or the network's output is invalid.</exception>
    public ReadOnlySpan<float> Embed(string picture)
    {
        using var image = ImageFile.Load(picture);
        _model.Run(image.Frame, _result);
        return _result.Embedding.Values;
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
