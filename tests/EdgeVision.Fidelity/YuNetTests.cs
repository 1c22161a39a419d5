using System.Runtime.InteropServices;
using EdgeVision.Imaging;
using EdgeVision.Preprocessing;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using EdgeVision.TestSupport.Cli;
using OpenCvSharp;
using Xunit;

namespace EdgeVision.Fidelity;

/// <summary>YuNet against OpenCV's FaceDetectorYN on the very same pixels.</summary>
public sealed class YuNetTests
{
    [Theory]
    [InlineData("yolov5_zidane.jpg")]
    [InlineData("yolodotnet_people.jpg")]
    public void Faces_are_those_of_OpenCV(string image)
    {
        string modelPath = SharedData.Path("models", "yunet.onnx");
        string spec = Path.Combine(CommandLine.Repository, "samples", "specs", "yunet.spec.json");
        using var model = VisionModel.Load(modelPath, new RuntimeOptions { SpecPath = spec });
        int width = model.Spec.Input.Width, height = model.Spec.Input.Height;

        // The picture as the network sees it, so that no resize lies between the two.
        using var picture = ImageFile.Load(SharedData.Path("images", image));
        var bytes = new InputSpec { Width = width, Height = height, Element = TensorElement.UInt8, Layout = TensorLayout.Nhwc, ColorOrder = ColorOrder.Bgr, Scale = 1 };
        byte[] bgr = new byte[Preprocessor.GetByteCount(bytes)];
        new Preprocessor(bytes).Process(picture.Frame, bgr);
        using var frame = Frame.Borrow(bgr, PixelFormat.Bgr24, width, height);

        using var mat = new Mat(height, width, MatType.CV_8UC3);
        Marshal.Copy(bgr, 0, mat.Data, bgr.Length);
        using var reference = FaceDetectorYN.Create(modelPath, "", new Size(width, height),
            model.Spec.Thresholds.Confidence, model.Spec.Thresholds.Iou, 5000);
        using var faces = new Mat();
        reference.Detect(mat, faces);

        var found = model.Run(frame).Detections;
        int rows = faces.Rows;
        Assert.True(rows > 0, "the reference finds no face");
        Assert.Equal(rows, found.Count);
        for (int i = 0; i < rows; i++)
        {
            float x = faces.At<float>(i, 0), y = faces.At<float>(i, 1), w = faces.At<float>(i, 2), h = faces.At<float>(i, 3);
            var box = found.Boxes[i];
            Assert.Equal(faces.At<float>(i, 14), found.Scores[i], 1e-3f);

            // Ours ends at the picture's edge; the reference's may lie beyond it.
            Assert.Equal(Math.Clamp(x, 0, width), box.X1, 1f);
            Assert.Equal(Math.Clamp(y, 0, height), box.Y1, 1f);
            Assert.Equal(Math.Clamp(x + w, 0, width), box.X2, 1f);
            Assert.Equal(Math.Clamp(y + h, 0, height), box.Y2, 1f);
            for (int k = 0; k < 5; k++)
            {
                Assert.Equal(faces.At<float>(i, 4 + 2 * k), found.GetKeypoints(i)[k].X, 1f);
                Assert.Equal(faces.At<float>(i, 5 + 2 * k), found.GetKeypoints(i)[k].Y, 1f);
            }
        }
    }
}
