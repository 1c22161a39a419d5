namespace EdgeVision.Exporter.Architectures;

/// <summary>What the detectors' specs have in common.</summary>
internal static class DetectorSpec
{
    /// <summary>Classes of the drawn shelves, where the settings name none.</summary>
    public static IReadOnlyList<string> DefaultLabels { get; } = ["bottle", "can", "box", "jar", "carton"];

    /// <summary>
    /// Letterboxed RGB input with the mean and standard deviation of ImageNet, 192x160 by default: not square, so that a swap
    /// of x and y anywhere shows.
    /// </summary>
    /// <exception cref="EdgeVisionException">A side is no multiple of 32, which the pyramid's upsampling needs.</exception>
    public static InputSpec Input(ModelSettings settings)
    {
        int width = settings.Width == 0 ? 192 : settings.Width, height = settings.Height == 0 ? 160 : settings.Height;
        if (width < 32 || height < 32 || width % 32 != 0 || height % 32 != 0)
        {
            throw new EdgeVisionException($"an input of {width}x{height} does not fit the pyramid; both sides must be multiples of 32");
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

    /// <summary>Class names of the settings' labels.</summary>
    /// <exception cref="EdgeVisionException">The labels are there and name no class of objects.</exception>
    public static string[] Labels(ModelSettings settings)
    {
        var labels = settings.Labels?.Objects ?? DefaultLabels;
        return labels.Count > 0 ? [.. labels] : throw new EdgeVisionException("a detector needs classes of objects; the data names none");
    }

    /// <summary>The residual backbone of the detectors: strides 4 to 32, of which the pyramid takes 8, 16 and 32.</summary>
    public static ResidualBackbone Backbone(ModelSettings settings) => new(settings.Scaled(16),
        (settings.Scaled(24), 1), (settings.Scaled(48), 2), (settings.Scaled(80), 2), (settings.Scaled(96), 1));

    /// <summary>Prefixes of the weights from the input on.</summary>
    public static IReadOnlyList<string> Stages { get; } =
        ["backbone.stem", "backbone.stage1", "backbone.stage2", "backbone.stage3", "backbone.stage4", "fpn", "head"];
}
