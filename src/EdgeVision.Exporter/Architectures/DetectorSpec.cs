using EdgeVision.Specs;

namespace EdgeVision.Exporter.Architectures;

/// <summary>Parts that the specs of all detectors share.</summary>
internal static class DetectorSpec
{
    /// <summary>Gets the classes of the drawn shelves, used where the settings name none.</summary>
    public static IReadOnlyList<string> DefaultLabels { get; } = ["bottle", "can", "box", "jar", "carton"];

    /// <summary>Returns a letterboxed RGB input with ImageNet's mean and standard deviation, 192x160 by default.</summary>
    /// <exception cref="EdgeVisionException">A side is not a multiple of 32, which the pyramid's upsampling needs.</exception>
    /// <remarks>The default is not square, so that an exchange of x and y becomes visible.</remarks>
    public static InputSpec CreateInput(ModelSettings settings)
    {
        int width = settings.Width == 0 ? 192 : settings.Width, height = settings.Height == 0 ? 160 : settings.Height;
        if (width < 32 || height < 32 || width % 32 != 0 || height % 32 != 0)
        {
            throw new EdgeVisionException(
                $"Both sides of the input must be multiples of 32, at least 32, to fit the feature pyramid; got {width}x{height}");
        }

        return new InputSpec
        {
            Name = "images",
            Width = width,
            Height = height,
            Resize = new ResizeSpec { Mode = ResizeMode.Letterbox },
            Mean = [0.485f, 0.456f, 0.406f],
            Std = [0.229f, 0.224f, 0.225f],
        };
    }

    /// <summary>Returns the object classes of the settings' labels, or the default ones.</summary>
    /// <exception cref="EdgeVisionException">The labels contain no object class.</exception>
    public static string[] GetLabels(ModelSettings settings)
    {
        var labels = settings.Labels?.Objects ?? DefaultLabels;
        return labels.Count > 0
            ? [.. labels]
            : throw new EdgeVisionException("A detector needs at least one object class; the data has none");
    }

    /// <summary>
    /// Creates the residual backbone of the detectors: strides 4 to 32, of which the pyramid uses 8, 16 and 32.
    /// </summary>
    public static ResidualBackbone CreateBackbone(ModelSettings settings) => new(settings.ScaleChannels(16),
        (settings.ScaleChannels(24), 1), (settings.ScaleChannels(48), 2), (settings.ScaleChannels(80), 2), (settings.ScaleChannels(96), 1));

    /// <summary>Gets the prefixes of the weights' names, from input to output.</summary>
    public static IReadOnlyList<string> Stages { get; } =
        ["backbone.stem", "backbone.stage1", "backbone.stage2", "backbone.stage3", "backbone.stage4", "fpn", "head"];
}
