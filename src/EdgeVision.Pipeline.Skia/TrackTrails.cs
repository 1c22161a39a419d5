using EdgeVision.Imaging;
using SkiaSharp;

namespace EdgeVision.Pipeline.Skia;

/// <summary>Keeps the recent positions of one source's tracks: the centres of their boxes.</summary>
internal sealed class TrackTrails
{
    private readonly int _length;
    private readonly Dictionary<int, Trail> _trails = [];
    private readonly List<int> _gone = [];
    private long _frame;

    public TrackTrails(int length) => _length = length;

    /// <summary>Adds a frame; a track not seen for as many frames as a trail is long is removed.</summary>
    public void Update(Detections d)
    {
        _frame++;
        if (_length < 2)
        {
            return;
        }

        for (int i = 0; i < d.TrackIds.Length; i++)
        {
            int id = d.TrackIds[i];
            if (id > 0)
            {
                if (!_trails.TryGetValue(id, out var trail))
                {
                    _trails[id] = trail = new Trail(new SKPoint[_length]);
                }

                var box = d.Boxes[i];
                trail.Points[trail.Count++ % _length] = new SKPoint((box.X1 + box.X2) / 2, (box.Y1 + box.Y2) / 2);
                trail.Last = _frame;
                trail.Color = Annotator.GetColor(d, i);
            }
        }

        foreach (var (id, trail) in _trails)
        {
            if (_frame - trail.Last >= _length)
            {
                _gone.Add(id);
            }
        }

        foreach (int id in _gone)
        {
            _trails.Remove(id);
        }

        _gone.Clear();
    }

    /// <summary>Draws the trails of tracks on the current frame, older positions fainter.</summary>
    public void Draw(SKCanvas canvas, float unit)
    {
        using var line = new SKPaint { IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeCap = SKStrokeCap.Round, StrokeWidth = unit };
        foreach (var trail in _trails.Values)
        {
            int count = Math.Min(trail.Count, _length), first = trail.Count - count;
            for (int i = 1; i < count && trail.Last == _frame; i++)
            {
                line.Color = trail.Color.WithAlpha((byte)(30 + 200 * i / count));
                canvas.DrawLine(trail.Points[(first + i - 1) % _length], trail.Points[(first + i) % _length], line);
            }
        }
    }

    private sealed class Trail(SKPoint[] points)
    {
        public SKPoint[] Points { get; } = points;

        public int Count { get; set; }

        public long Last { get; set; }

        public SKColor Color { get; set; }
    }
}
