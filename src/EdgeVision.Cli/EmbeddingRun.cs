using EdgeVision.Imaging;

namespace EdgeVision.Cli;

/// <summary>Computes the embeddings of images for <c>index</c> and <c>search</c>.</summary>
internal sealed class EmbeddingRun : IDisposable
{
    private readonly VisionModel _model;
    private readonly VisionResult _result = new();

    /// <summary>Loads the model.</summary>
    /// <exception cref="WrongCallException">The model does not exist, or produces no embedding.</exception>
    public EmbeddingRun(string path, string? spec, RuntimeOptions runtime, int? threads)
    {
        Shell.MustExist(path, "model");
        if (spec is not null)
        {
            Shell.MustExist(spec, "spec");
        }

        _model = VisionModel.Load(path, runtime with { SpecPath = spec, Threads = threads is { } n ? ThreadBudget.Of(n) : null });
        if (!_model.Gives(ResultPart.Embedding))
        {
            string name = _model.Name, task = _model.Spec.Task;
            _model.Dispose();
            throw new WrongCallException($"model '{name}' produces no embedding; its task is '{task}'");
        }

        using var stream = File.OpenRead(path);
        Origin = $"{_model.Name}, SHA-256 {Checksum.Hex(stream)[..16]}";
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
