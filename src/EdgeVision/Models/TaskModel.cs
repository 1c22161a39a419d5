using EdgeVision.Decoding;

namespace EdgeVision;

/// <summary>Base of the typed tasks: a model and its reused result.</summary>
public abstract class TaskModel : IDisposable
{
    private readonly VisionResult _result = new();

    private protected TaskModel(VisionModel model) => Model = model;

    /// <summary>Gets the underlying model.</summary>
    public VisionModel Model { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        GC.SuppressFinalize(this);
    }

    // The task's name does not determine the results: a semantic map is 'segment' too and has no boxes, so a head must produce
    // one of the parts.
    private protected static VisionModel Open(
        string path, RuntimeOptions? options, ReadOnlySpan<OutputKind> parts, params ReadOnlySpan<string> tasks)
    {
        var model = VisionModel.Load(path, options);
        string task = model.Spec.Task, decoders = string.Join(", ", model.Spec.Outputs.Select(o => o.Decoder));
        bool named = false, given = false;
        foreach (string wanted in tasks)
        {
            named |= task.Split('+', StringSplitOptions.TrimEntries).Contains(wanted);
        }

        foreach (var part in parts)
        {
            given |= model.Produces(part);
        }

        if (named && given)
        {
            return model;
        }

        model.Dispose();
        throw new SpecException(named
            ? $"'{path}' is a model for '{task}', but its heads ({decoders}) "
                + $"do not produce {string.Join(" or ", parts.ToArray()).ToLowerInvariant()}"
            : $"'{path}' must be a model for {string.Join(" or ", tasks.ToArray())}; its task is '{task}'");
    }

    private protected void Require(bool capable, string otherwise)
    {
        if (!capable)
        {
            throw new SpecException($"model '{Model.Name}' {otherwise}");
        }
    }

    private protected VisionResult Run(Frame frame, in Box? crop = null)
    {
        Model.Run(frame, _result, crop);
        return _result;
    }
}
