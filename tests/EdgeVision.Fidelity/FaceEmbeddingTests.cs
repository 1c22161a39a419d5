using EdgeVision.Imaging;
using EdgeVision.TestSupport;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Fidelity;

/// <summary>MobileFaceNet tells two crops of one face from another face.</summary>
public sealed class FaceEmbeddingTests
{
    [Fact]
    public void Two_crops_of_one_face_are_nearer_than_another_face()
    {
        string specs = Path.Combine(CommandLine.Repository, "samples", "specs");
        using var detector = VisionModel.Load(SharedData.Path("models", "scrfd_500m_bnkps.onnx"), new RuntimeOptions { SpecPath = Path.Combine(specs, "scrfd_500m_bnkps.spec.json") });
        using var embedder = VisionModel.Load(SharedData.Path("models", "mobilefacenet.onnx"), new RuntimeOptions { SpecPath = Path.Combine(specs, "mobilefacenet.spec.json") });
        using var picture = ImageFile.Load(SharedData.Path("images", "yolov5_zidane.jpg"));
        var faces = detector.Run(picture.Frame).Detections;
        Assert.Equal(2, faces.Count);

        float[] first = Embed(Square(faces.Boxes[0], 1.0f, 0)), again = Embed(Square(faces.Boxes[0], 1.1f, 0.04f)), other = Embed(Square(faces.Boxes[1], 1.0f, 0));
        float same = Cosine(first, again), different = Cosine(first, other);
        Assert.True(same > 0.6f, $"two crops of one face: {same}");
        Assert.True(different < same - 0.3f, $"another face: {different} against {same}");

        float[] Embed(Box crop)
        {
            var result = new VisionResult();
            embedder.Run(picture.Frame, result, crop);
            Assert.Equal(1f, MathF.Sqrt(Cosine(result.Embedding.Values.ToArray(), result.Embedding.Values.ToArray())), 1e-5f);
            return result.Embedding.Values.ToArray();
        }
    }

    // MobileFaceNet wants a square around the face.
    private static Box Square(Box face, float scale, float shift)
    {
        float side = MathF.Max(face.Width, face.Height) * scale;
        float cx = (face.X1 + face.X2) / 2 + shift * side, cy = (face.Y1 + face.Y2) / 2 - shift * side;
        return new Box(cx - side / 2, cy - side / 2, cx + side / 2, cy + side / 2);
    }

    private static float Cosine(float[] a, float[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
