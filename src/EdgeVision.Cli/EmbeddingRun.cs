using EdgeVision.Imaging;

namespace EdgeVision.Cli;

/// <summary>A model that turns pictures into embeddings, as <c>index</c> and <c>search</c> use it.</summary>
internal sealed class EmbeddingRun : IDisposable
{
    private readonly VisionModel _model;
    private readonly VisionResult _result = new();

    /// <summary>Loads the model.</summary>
    /// <exception cref="WrongCallException">It does not exist, or it gives no embedding.</exception>
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
            throw new WrongCallException($"model '{name}' is for '{task}' and gives no embedding");
        }

        using var stream = File.OpenRead(path);
        Origin = $"{_model.Name}, SHA-256 {Checksum.Hex(stream)[..16]}";
    }

    /// <summary>The model's name and the beginning of its file's checksum: what an index keeps of who made its embeddings.</summary>
    public string Origin { get; }

    /// <summary>The embedding of a picture; valid until the next call.</summary>
    /// <exception cref="EdgeVisionException">The picture cannot be read, or the network put out what means nothing.</exception>
    public ReadOnlySpan<float> Embed(string picture)
    {
        using var image = ImageFile.Load(picture);
        _model.Run(image.Frame, _result);
        return _result.Embedding.Values;
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
