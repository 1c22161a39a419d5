namespace EdgeVision.Exporter.Data;

/// <summary>A labelled object.</summary>
/// <param name="ClassId">Class id.</param>
/// <param name="Box">Box in pixels of the picture.</param>
public readonly record struct LabelledBox(int ClassId, Box Box);

/// <summary>A picture with its labels.</summary>
/// <param name="Rgb">Pixels, 3 bytes each, rows tight.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Objects">Labels.</param>
public sealed record Scene(byte[] Rgb, int Width, int Height, IReadOnlyList<LabelledBox> Objects);
