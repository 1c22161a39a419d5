using EdgeVision.Imaging;
using ScottPlot;
using SkiaSharp;

namespace EdgeVision.Exporter.Reports;

/// <summary>The font that EdgeVision.Imaging carries, for pictures and plots: small machines have none of their own.</summary>
internal sealed class Lettering : IFontResolver
{
    private const string Name = "EdgeVision";

    private Lettering()
    {
        using var font = typeof(Annotator).Assembly.GetManifestResourceStream("DejaVuSans-Bold.ttf")!;
        Typeface = SKTypeface.FromStream(font);
    }

    /// <summary>The one instance; plots use it from then on.</summary>
    public static Lettering Instance { get; } = Create();

    /// <summary>The font.</summary>
    public SKTypeface Typeface { get; }

    /// <inheritdoc/>
    public SKTypeface CreateTypeface(string fontName, bool bold, bool italic) => Typeface;

    /// <inheritdoc/>
    public SKTypeface CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => Typeface;

    private static Lettering Create()
    {
        var lettering = new Lettering();
        Fonts.FontResolvers.Insert(0, lettering);
        Fonts.Default = Name;
        return lettering;
    }
}
