using System.Threading.Channels;
using EdgeVision;

namespace DetectionApi;

/// <summary>Loaded models for concurrent requests: a model runs one image at a time.</summary>
internal sealed class ModelPool : IDisposable
{
    private readonly Channel<RentedModel> _free = Channel.CreateUnbounded<RentedModel>();
    private readonly List<VisionModel> _models = [];

    public ModelPool(string path, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        for (int i = 0; i < count; i++)
        {
            var model = VisionModel.Load(path);
            _models.Add(model);
            Return(new RentedModel(this, model));
        }
    }

    /// <summary>Returns a model, or null where none becomes free in time. Disposing it gives it back.</summary>
    public async Task<RentedModel?> RentAsync(TimeSpan maxWait, CancellationToken cancel)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(maxWait);
        try
        {
            return await _free.Reader.ReadAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    public void Dispose() => _models.ForEach(model => model.Dispose());

    internal void Return(RentedModel rented) => _free.Writer.TryWrite(rented);
}

/// <summary>A model and the result that it fills, until disposed.</summary>
internal sealed class RentedModel(ModelPool pool, VisionModel model) : IDisposable
{
    public VisionModel Model => model;

    public VisionResult Result { get; } = new();

    public void Dispose() => pool.Return(this);
}
