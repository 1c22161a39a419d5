namespace EdgeVision.Exporter.Data;

/// <summary>Labelled box.</summary>
/// <param name="ClassId">Class id.</param>
/// <param name="Box">Box in pixels of the image.</param>
public readonly record struct LabelledBox(int ClassId, Box Box);

/// <summary>Drawn image with its labels.</summary>
/// <param name="Rgb">Pixels, 3 bytes each, rows tight.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Objects">Labelled boxes.</param>
public sealed record Scene(byte[] Rgb, int Width, int Height, IReadOnlyList<LabelledBox> Objects);
