namespace EdgeVision;

/// <summary>How the bytes of a <see cref="Frame"/> are laid out. 8 bits a sample throughout.</summary>
public enum PixelFormat
{
    /// <summary>One byte a pixel: luminance.</summary>
    Gray8,
    /// <summary>Three bytes a pixel: blue, green, red (OpenCV's order).</summary>
    Bgr24,
    /// <summary>Three bytes a pixel: red, green, blue.</summary>
    Rgb24,
    /// <summary>Four bytes a pixel: blue, green, red, ignored alpha.</summary>
    Bgra32,
    /// <summary>Four bytes a pixel: red, green, blue, ignored alpha.</summary>
    Rgba32,
    /// <summary>Plane of luminance, then a half-size plane of interleaved U and V (BT.601, limited range). Even sizes.</summary>
    Nv12,
    /// <summary>Plane of luminance, then half-size planes of U and of V (BT.601, limited range). Even sizes.</summary>
    I420,
    /// <summary>Two pixels in four bytes: Y0 U Y1 V (BT.601, limited range). Even width.</summary>
    Yuy2,
}
