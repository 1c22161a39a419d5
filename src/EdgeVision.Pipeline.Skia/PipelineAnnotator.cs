using System.Globalization;
using System.Text;
using EdgeVision.Imaging;
using EdgeVision.Preprocessing;
using SkiaSharp;

namespace EdgeVision.Pipeline.Skia;

/// <summary>Options of a <see cref="PipelineAnnotator"/>.</summary>
public sealed record PipelineAnnotatorOptions
{
    /// <summary>Gets the pairs of keypoint indices to connect; those of the result's own model when null.</summary>
    public IReadOnlyList<int[]>? Skeleton { get; init; }

    /// <summary>Gets the number of recent positions of each track that are drawn as its trail; 0 for no trails.</summary>
    public int Trail { get; init; } = 30;

    /// <summary>Gets whether the source's name, frame number and time are shown in the upper right corner.</summary>
    public bool Caption { get; init; } = true;

    /// <summary>
    /// Gets the rules of a source by its name, whose outlines are drawn with their counts (<see
    /// cref="VisionPipeline.GetRules"/>).
    /// </summary>
    /// <remarks>Called when the source's first frame arrives.</remarks>
    public Func<string, IReadOnlyList<IPipelineRule>>? Rules { get; init; }
}

/// <summary>Draws a pipeline's frames with rule outlines, counts, trails, results and a caption.</summary>
/// <remarks>
/// Frames may be of any pixel format. Results are drawn by <see cref="Annotator"/>, with the results of crop models in the
/// labels. Not thread-safe; keeps the trails of any number of sources.
/// </remarks>
public sealed class PipelineAnnotator : IDisposable
{
    private static readonly SKColor Dark = new(12, 16, 24, 205);
    private readonly PipelineAnnotatorOptions _options;
    private readonly Annotator _annotator;
    private readonly Dictionary<string, SourceView> _sources = [];
    private readonly List<SKRect> _taken = [];
    private readonly StringBuilder _text = new();

    private sealed record SourceView(TrackTrails Trails, IReadOnlyList<IPipelineRule> Rules);

    /// <summary>Initializes drawing.</summary>
    /// <param name="options">What to draw.</param>
    public PipelineAnnotator(PipelineAnnotatorOptions? options = null)
    {
        _options = options ?? new PipelineAnnotatorOptions();
        _annotator = new Annotator(_options.Skeleton);
    }

    /// <summary>Updates trails with a frame; call once for each frame, also for those that are not drawn.</summary>
    /// <param name="frame">The frame.</param>
    public void UpdateTrails(PipelineFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ViewOf(frame.Source).Trails.Update(frame.Result.Detections);
    }

    /// <summary>Draws a frame that was passed to <see cref="UpdateTrails"/>.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="canvas">BGRA32 frame of the same size, which is overwritten.</param>
    /// <exception cref="FrameFormatException">The canvas has another format or size.</exception>
    public unsafe void Draw(PipelineFrame frame, Frame canvas)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(canvas);
        FrameConverter.ToBgra(frame.Frame, canvas);
        var view = ViewOf(frame.Source);
        fixed (byte* pixels = canvas.MutableData)
        {
            var info = new SKImageInfo(canvas.Width, canvas.Height, SKColorType.Bgra8888, SKAlphaType.Opaque);
            using var surface = SKSurface.Create(info, (nint)pixels, canvas.Stride);
            Draw(surface.Canvas, canvas.Width, canvas.Height, frame, view);
            surface.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _annotator.Dispose();

    private SourceView ViewOf(string source)
    {
        if (!_sources.TryGetValue(source, out var view))
        {
            _sources[source] = view = new SourceView(new TrackTrails(_options.Trail), _options.Rules?.Invoke(source) ?? []);
        }

        return view;
    }

    private void Draw(SKCanvas canvas, int width, int height, PipelineFrame frame, SourceView view)
    {
        float unit = Annotator.GetLineWidth(width, height);
        using var font = _annotator.CreateFont(unit);
        using var small = new SKFont(font.Typeface, font.Size * 0.85f) { Edging = SKFontEdging.Antialias };
        _taken.Clear();
        for (int i = 0; i < view.Rules.Count; i++)
        {
            Outline(canvas, view.Rules[i], ColorOfRule(i), HasEvent(frame, view.Rules[i].Name), unit);
        }

        view.Trails.Draw(canvas, unit);
        var caption = LayOutCaption(frame, view.Rules, small, width, unit);
        if (caption.Lines.Count > 0)
        {
            _taken.Add(caption.Panel);
        }

        _annotator.Draw(canvas, width, height, frame.Result, _taken, frame.Crops.Count > 0 ? i => FormatCropResults(frame, i) : null);
        foreach (var crop in frame.Crops)
        {
            var d = crop.Result.Detections;
            for (int i = 0; i < d.Count && d.KeypointCount > 0; i++)
            {
                _annotator.DrawKeypoints(canvas, d, i, unit);
            }
        }

        for (int i = 0; i < view.Rules.Count; i++)
        {
            var rule = view.Rules[i];
            if (rule.Outline.Count > 0)
            {
                var (x, y) = LabelPosition(rule);
                Annotator.DrawLabel(canvas, small, new Box(x, y, x, y), FormatCounts(frame, rule.Name), ColorOfRule(i), unit, width, height, _taken);
            }
        }

        Caption(canvas, small, caption, unit);
    }

    private static void Outline(SKCanvas canvas, IPipelineRule rule, SKColor color, bool happened, float unit)
    {
        if (rule.Outline.Count < 2)
        {
            return;
        }

        var builder = new SKPathBuilder();
        builder.MoveTo(rule.Outline[0].X, rule.Outline[0].Y);
        for (int i = 1; i < rule.Outline.Count; i++)
        {
            builder.LineTo(rule.Outline[i].X, rule.Outline[i].Y);
        }

        if (rule.IsPolygon)
        {
            builder.Close();
        }

        using var path = builder.Detach();
        if (rule.IsPolygon)
        {
            using var fill = new SKPaint { IsAntialias = true, Color = color.WithAlpha((byte)(happened ? 80 : 36)) };
            canvas.DrawPath(path, fill);
        }

        using var line = new SKPaint
        {
            IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeJoin = SKStrokeJoin.Round, StrokeCap = SKStrokeCap.Round,
            StrokeWidth = unit * (happened ? 2 : 1), Color = color,
        };
        canvas.DrawPath(path, line);
    }

    // At an area's topmost corner; at the middle of a line, where it is crossed.
    private static (float X, float Y) LabelPosition(IPipelineRule rule) => rule.IsPolygon
        ? rule.Outline.MinBy(p => p.Y)
        : ((rule.Outline[0].X + rule.Outline[^1].X) / 2, (rule.Outline[0].Y + rule.Outline[^1].Y) / 2);

    private static SKColor ColorOfRule(int index) => Annotator.GetColor(index + 3);

    private static bool HasEvent(PipelineFrame frame, string rule)
    {
        foreach (var happened in frame.Events)
        {
            if (happened.Rule == rule)
            {
                return true;
            }
        }

        return false;
    }

    // "gate  in 3 · out 1"
    private string FormatCounts(PipelineFrame frame, string rule)
    {
        _text.Clear().Append(rule);
        string before = "  ";
        foreach (var count in frame.Counts)
        {
            if (count.Rule == rule)
            {
                _text.Append(before).Append(count.Name).Append(CultureInfo.InvariantCulture, $" {count.Value:0.##}");
                before = " · ";
            }
        }

        return _text.ToString();
    }

    // For each crop model its best class, or the best detection in the box.
    private string FormatCropResults(PipelineFrame frame, int detection)
    {
        _text.Clear();
        foreach (var crop in frame.Crops)
        {
            var classes = crop.Result.Classification;
            var found = crop.Result.Detections;
            if (crop.Detection == detection && classes.Count > 0)
            {
                Add(classes.GetClassLabel(classes.ClassIds[0]), classes.Scores[0]);
            }
            else if (crop.Detection == detection && found.Count > 0 && found.KeypointCount == 0)
            {
                Add(found.GetLabel(0), found.Scores[0]);
            }
        }

        return _text.ToString();

        void Add(string label, float score) => _text.Append(CultureInfo.InvariantCulture, $" · {label} {score * 100:0}%");
    }

    private (SKRect Panel, List<string> Lines) LayOutCaption(
        PipelineFrame frame, IReadOnlyList<IPipelineRule> rules, SKFont font, int width, float unit)
    {
        var lines = new List<string>();
        if (_options.Caption)
        {
            lines.Add(string.Create(
                CultureInfo.InvariantCulture, $"{frame.Source}  #{frame.Sequence}  {frame.Timestamp:hh\\:mm\\:ss\\.fff}"));
            lines.Add(frame.CapturedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        }

        foreach (var rule in rules)
        {
            if (rule.Outline.Count == 0)
            {
                lines.Add(FormatCounts(frame, rule.Name)); // a rule without an outline is listed in the caption
            }
        }

        float pad = unit * 1.6f, widest = 0;
        foreach (string line in lines)
        {
            widest = Math.Max(widest, font.MeasureText(line));
        }

        return (new SKRect(width - widest - 3 * pad, pad, width - pad, 2 * pad + lines.Count * font.Size * 1.3f), lines);
    }

    private static void Caption(SKCanvas canvas, SKFont font, (SKRect Panel, List<string> Lines) caption, float unit)
    {
        if (caption.Lines.Count == 0)
        {
            return;
        }

        using var back = new SKPaint { IsAntialias = true, Color = Dark };
        using var ink = new SKPaint { IsAntialias = true, Color = SKColors.White };
        canvas.DrawRoundRect(caption.Panel, unit * 1.2f, unit * 1.2f, back);
        for (int i = 0; i < caption.Lines.Count; i++)
        {
            float baseline = caption.Panel.Top + unit * 0.8f + font.Size * (1 + 1.3f * i);
            canvas.DrawText(caption.Lines[i], caption.Panel.Right - unit * 1.6f, baseline, SKTextAlign.Right, font, ink);
        }
    }
}
