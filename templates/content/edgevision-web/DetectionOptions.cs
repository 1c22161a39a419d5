namespace DetectionApi;

/// <summary>The section "Detection" of appsettings.json.</summary>
internal sealed class DetectionOptions
{
    /// <summary>The model file.</summary>
    public string Model { get; set; } = "model.onnx";

    /// <summary>Requests that run at the same time, each on a model of its own; further ones wait.</summary>
    public int ConcurrentRequests { get; set; } = 2;

    /// <summary>The longest time a request waits for a model before it is answered with 503.</summary>
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The largest request in bytes; a larger one is answered with 413.</summary>
    public long MaxImageBytes { get; set; } = 10_000_000;

    /// <summary>The largest image in pixels (width times height); a larger one is answered with 400.</summary>
    public long MaxPixels { get; set; } = 20_000_000;
}
