using System.Threading.Channels;

namespace EdgeVision.Live;

/// <summary>
/// One who looks. For each source there is room for one picture: a newer one takes the place of one that was not sent yet, and that is counted. So a
/// slow viewer sees less, not later, and holds up nobody.
/// </summary>
/// <param name="drawn">Whether overlays are to be drawn on the pictures, for players that cannot draw themselves.</param>
/// <param name="source">The only source that is looked at; null for all.</param>
internal sealed class LiveViewer(bool drawn, string? source)
{
    private readonly Lock _lock = new();
    private readonly List<LivePicture> _waiting = [];
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _skipped;

    public bool Drawn { get; } = drawn;

    public string? Source { get; } = source;

    /// <summary>Pictures that were encoded for this viewer and never sent, because a newer one came first.</summary>
    public long Skipped => Interlocked.Read(ref _skipped);

    public void Offer(LivePicture picture)
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

    /// <summary>The picture that has waited longest of those that are the newest of their sources; null where none waits.</summary>
    public LivePicture? Take()
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

    /// <summary>Ends a <see cref="WaitAsync"/>, the present one or the next.</summary>
    public void Wake() => _news.Writer.TryWrite(true);

    public async ValueTask WaitAsync(CancellationToken cancel) => await _news.Reader.ReadAsync(cancel);
}
