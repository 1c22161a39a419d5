using System.Threading.Channels;

namespace EdgeVision.Live;

/// <summary>Queue of images for one viewer, with one slot per source.</summary>
/// <remarks>
/// A newer image replaces one of the same source that was not sent yet, and the replaced one is counted. So a slow viewer
/// skips images instead of falling behind, and delays nothing else.
/// </remarks>
/// <param name="drawn">Whether overlays are drawn on the images, for players that cannot draw themselves.</param>
/// <param name="source">Name of the only source to watch; null for all.</param>
internal sealed class LiveViewer(bool drawn, string? source)
{
    private readonly Lock _lock = new();
    private readonly List<LiveImage> _waiting = [];
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _skipped;

    public bool HasOverlays { get; } = drawn;

    public string? Source { get; } = source;

    /// <summary>Gets the number of images encoded for this viewer and never sent, because a newer one replaced them.</summary>
    public long SkippedCount => Interlocked.Read(ref _skipped);

    public void Enqueue(LiveImage picture)
    {
        lock (_lock)
        {
            int same = _waiting.FindIndex(p => p.Feed == picture.Feed);
            if (same >= 0)
            {
                _waiting[same] = picture;
                _skipped++;
            }
            else
            {
                _waiting.Add(picture);
            }
        }

        Wake();
    }

    /// <summary>Removes and returns the image that has waited longest; null when none waits.</summary>
    public LiveImage? Dequeue()
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                return null;
            }

            var picture = _waiting[0];
            _waiting.RemoveAt(0);
            return picture;
        }
    }

    /// <summary>Completes the current or the next <see cref="WaitAsync"/>.</summary>
    public void Wake() => _news.Writer.TryWrite(true);

    public async ValueTask WaitAsync(CancellationToken cancel) => await _news.Reader.ReadAsync(cancel);
}
