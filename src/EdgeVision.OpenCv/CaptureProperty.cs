namespace EdgeVision.OpenCv;

/// <summary>Properties of OpenCV's capture (cv::VideoCaptureProperties) that OpenCvSharp has no name for.</summary>
internal static class CaptureProperty
{
    /// <summary>CAP_PROP_OPEN_TIMEOUT_MSEC.</summary>
    public const int OpenTimeout = 53;

    /// <summary>CAP_PROP_READ_TIMEOUT_MSEC.</summary>
    public const int ReadTimeout = 54;
}
