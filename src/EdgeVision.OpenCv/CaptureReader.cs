using OpenCvSharp;

namespace EdgeVision.OpenCv;

/// <summary>Retrieves frames of OpenCV's capture, decoded into the pool's memory without another copy.</summary>
internal static class CaptureReader
{
    /// <summary>Retrieves the frame of the last <see cref="VideoCapture.Grab"/>, as BGR24.</summary>
    /// <param name="capture">An open capture that has grabbed a frame.</param>
    /// <param name="size">Expected size; updated if the frame has another one.</param>
    /// <param name="pool">Pool that provides the frame's memory.</param>
    /// <param name="source">Name of the source.</param>
    /// <param name="sequence">Number of the frame.</param>
    /// <param name="timestamp">Capture time.</param>
    /// <exception cref="FrameFormatException">The frame could not be decoded, or does not have three channels.</exception>
    public static Frame Retrieve(VideoCapture capture, ref Size size, FramePool pool, string source, long sequence, TimeSpan timestamp)
    {
        var frame = pool.Rent(PixelFormat.Bgr24, size.Width, size.Height, source, sequence, timestamp);
        try
        {
            nint memory = PinnedStart(frame);
            using var target = Mat.FromPixelData(frame.Height, frame.Width, MatType.CV_8UC3, memory, frame.Stride);
            if (!capture.Retrieve(target) || target.Empty())
            {
                throw new FrameFormatException($"frame {sequence} of '{source}' could not be decoded");
            }

            if (target.Data == memory)
            {
                return frame;
            }

            // OpenCV allocates its own memory if size or format differ from the given buffer.
            if (target.Type() != MatType.CV_8UC3)
            {
                throw new FrameFormatException(
                    $"frame {sequence} of '{source}' must have three channels of 8 bits; " +
                    $"got {target.Channels()} of {8 * target.ElemSize1()} bits");
            }

            frame.Dispose();
            size = target.Size();
            frame = pool.Rent(PixelFormat.Bgr24, size.Width, size.Height, source, sequence, timestamp);
            using var copy = Mat.FromPixelData(frame.Height, frame.Width, MatType.CV_8UC3, PinnedStart(frame), frame.Stride);
            target.CopyTo(copy);
            return frame;
        }
        catch (OpenCVException e)
        {
            frame.Dispose();
            throw new FrameFormatException($"frame {sequence} of '{source}' could not be decoded: {e.Message.ReplaceLineEndings(" ")}", e);
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }

    // A pool's memory is permanently pinned.
    private static unsafe nint PinnedStart(Frame frame)
    {
        fixed (byte* start = frame.MutableData)
        {
            return (nint)start;
        }
    }
}
