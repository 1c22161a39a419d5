using EdgeVision.Imaging;
using ScottPlot;
using SkiaSharp;

namespace EdgeVision.Exporter.Reports;

/// <summary>Font of EdgeVision.Imaging for images and plots, since small systems may have no fonts.</summary>
internal sealed class EmbeddedFont : IFontResolver
{
    private const string Name = "EdgeVision";

    private EmbeddedFont()
    {
        using var font = typeof(Annotator).Assembly.GetManifestResourceStream("DejaVuSans-Bold.ttf")!;
        Typeface = SKTypeface.FromStream(font);
    }

    /// <summary>Gets the single instance; creating it registers the font for plots.</summary>
    public static EmbeddedFont Instance { get; } = Create();

    /// <summary>Gets the font.</summary>
    public SKTypeface Typeface { get; }

    /// <inheritdoc/>
    public SKTypeface CreateTypeface(string fontName, bool bold, bool italic) => Typeface;

    /// <inheritdoc/>
    public SKTypeface CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => Typeface;

    private static EmbeddedFont Create()
    {
        var lettering = new EmbeddedFont();
        Fonts.FontResolvers.Insert(0, lettering);
        Fonts.Default = Name;
        return lettering;
    }
}
