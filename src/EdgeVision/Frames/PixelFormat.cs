namespace EdgeVision;

/// <summary>Layouts of a <see cref="Frame"/>'s bytes, 8 bits per sample.</summary>
public enum PixelFormat
{
    /// <summary>One byte per pixel: luminance.</summary>
    Gray8,
    /// <summary>Three bytes per pixel: blue, green, red (OpenCV's order).</summary>
    Bgr24,
    /// <summary>Three bytes per pixel: red, green, blue.</summary>
    Rgb24,
    /// <summary>Four bytes per pixel: blue, green, red, ignored alpha.</summary>
    Bgra32,
    /// <summary>Four bytes per pixel: red, green, blue, ignored alpha.</summary>
    Rgba32,
    /// <summary>Luminance plane, then a half-size plane of interleaved U and V (BT.601, limited range). Even sides.</summary>
    Nv12,
    /// <summary>Luminance plane, then half-size planes of U and of V (BT.601, limited range). Even sides.</summary>
    I420,
    /// <summary>Two pixels in four bytes: Y0 U Y1 V (BT.601, limited range). Even width.</summary>
    Yuy2,
}
