namespace EdgeVision.Exporter.Data;

/// <summary>Changes to pixels that do not affect labels; RGB, 3 bytes per pixel.</summary>
internal static class PixelAugmentation
{
    /// <summary>
    /// Changes brightness, contrast and saturation by up to a share, and hue by up to a tenth of it in full turns, in place.
    /// </summary>
    public static void Jitter(byte[] rgb, double strength, Random random)
    {
        double Factor() => 1 + strength * (2 * random.NextDouble() - 1);
        float brightness = (float)Factor(), contrast = (float)Factor(), saturation = (float)Factor();
        double hue = 2 * Math.PI * strength * 0.1 * (2 * random.NextDouble() - 1);
        // Rotating hue and scaling saturation are linear around the gray axis (Haeberli 1993), so one matrix does both.
        float c = (float)Math.Cos(hue) * saturation, s = (float)Math.Sin(hue) * saturation;
        const float lr = 0.299f, lg = 0.587f, lb = 0.114f;
        float[] m =
        [
            lr + c * (1 - lr) - s * lr, lg - c * lg - s * lg, lb - c * lb + s * (1 - lb),
            lr - c * lr + s * 0.143f, lg + c * (1 - lg) + s * 0.140f, lb - c * lb - s * 0.283f,
            lr - c * lr - s * (1 - lr), lg - c * lg + s * lg, lb + c * (1 - lb) + s * lb,
        ];
        float scale = brightness * contrast, offset = 128 * (1 - contrast) * brightness;
        for (int i = 0; i < rgb.Length; i += 3)
        {
            float r = rgb[i], g = rgb[i + 1], b = rgb[i + 2];
            rgb[i] = Clamp((m[0] * r + m[1] * g + m[2] * b) * scale + offset);
            rgb[i + 1] = Clamp((m[3] * r + m[4] * g + m[5] * b) * scale + offset);
            rgb[i + 2] = Clamp((m[6] * r + m[7] * g + m[8] * b) * scale + offset);
        }
    }

    /// <summary>Returns the means of 3x3 pixels, with the edge pixels repeated.</summary>
    public static byte[] Blur(byte[] rgb, int width, int height)
    {
        var result = new byte[rgb.Length];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                for (int c = 0; c < 3; c++)
                {
                    int sum = 0;
                    for (int dy = -1; dy <= 1; dy++)
                    {
                        for (int dx = -1; dx <= 1; dx++)
                        {
                            sum += rgb[(Math.Clamp(y + dy, 0, height - 1) * width + Math.Clamp(x + dx, 0, width - 1)) * 3 + c];
                        }
                    }

                    result[(y * width + x) * 3 + c] = (byte)((sum + 4) / 9);
                }
            }
        }

        return result;
    }

    /// <summary>
    /// Adds noise with a given standard deviation in gray levels, the difference of two uniform numbers, in place.
    /// </summary>
    public static void Noise(byte[] rgb, double deviation, Random random)
    {
        // The difference of two uniform numbers in 0..a has the standard deviation a / sqrt 6.
        int most = Math.Max(1, (int)Math.Round(deviation * Math.Sqrt(6)) + 1);
        for (int i = 0; i < rgb.Length; i++)
        {
            rgb[i] = (byte)Math.Clamp(rgb[i] + random.Next(most) - random.Next(most), 0, 255);
        }
    }

    /// <summary>Fills a rectangle of 2 to 15 % of the image with noise (Zhong et al. 2020), in place.</summary>
    public static void Erase(byte[] rgb, int width, int height, Random random)
    {
        double area = width * height * (0.02 + 0.13 * random.NextDouble()), aspect = Math.Exp(Math.Log(3) * (2 * random.NextDouble() - 1));
        int w = Math.Clamp((int)Math.Sqrt(area * aspect), 1, width), h = Math.Clamp((int)Math.Sqrt(area / aspect), 1, height);
        int x = random.Next(width - w + 1), y = random.Next(height - h + 1);
        for (int row = y; row < y + h; row++)
        {
            random.NextBytes(rgb.AsSpan((row * width + x) * 3, w * 3));
        }
    }

    private static byte Clamp(float value) => (byte)Math.Clamp(value + 0.5f, 0, 255);
}
