using OpenCvSharp;
using OpenCvSharp.Dnn;

namespace EdgeVision.Bench;

/// <summary>The calls with which OpenCV's users make a tensor of a picture.</summary>
internal static class OpenCvPath
{
    /// <summary>Resize, CopyMakeBorder, BlobFromImage: <c>(pixel - mean) * scale</c>, red first.</summary>
    public static void Letterbox(Mat bgr, int side, double scale, Scalar mean)
    {
        using var padded = Padded(bgr, side);
        using var blob = CvDnn.BlobFromImage(padded, scale, default, mean, swapRB: true, crop: false);
    }

    /// <summary>Resize and CopyMakeBorder.</summary>
    public static Mat Padded(Mat bgr, int side)
    {
        double r = Math.Min((double)side / bgr.Rows, (double)side / bgr.Cols);
        var size = new Size((int)Math.Round(bgr.Cols * r), (int)Math.Round(bgr.Rows * r));
        using var resized = new Mat();
        Cv2.Resize(bgr, resized, size);
        int top = (side - size.Height) / 2, left = (side - size.Width) / 2;
        var padded = new Mat();
        Cv2.CopyMakeBorder(resized, padded, top, side - size.Height - top, left, side - size.Width - left, BorderTypes.Constant, new Scalar(114, 114, 114));
        return padded;
    }
}
