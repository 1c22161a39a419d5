using EdgeVision.Cli.Evaluation;
using EdgeVision.Evaluation.Coco;
using EdgeVision.Imaging;
using Xunit;

namespace EdgeVision.Cli.Tests.Evaluation;

/// <summary>Both halves are drawn, each with its own, in colours that tell what became of an object.</summary>
public sealed class ComparisonDrawingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-comparison-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Each_half_shows_its_own()
    {
        using var picture = Gray(400, 400);
        var box = new CocoBox(100, 100, 100, 100);
        var (left, right, width) = Draw(
            new ComparisonPanel(picture, "left") { Objects = [new ComparedObject(box, "", ComparisonOutcome.MatchedAnnotation)] },
            new ComparisonPanel(picture, "right"));
        Assert.Equal(2 * 400 + 8, width);
        Assert.True(left(100, 150) is { G: > 150, R: < 100 }, "a green edge on the left");
        Assert.Equal(left(10, 10), right(100, 150)); // nothing on the right
    }

    [Theory]
    [InlineData(ComparisonOutcome.MatchedAnnotation, false)]
    [InlineData(ComparisonOutcome.MissedAnnotation, true)]
    [InlineData(ComparisonOutcome.TruePositive, false)]
    [InlineData(ComparisonOutcome.FalsePositive, true)]
    public void What_is_wrong_is_dashed(ComparisonOutcome mark, bool dashed)
    {
        using var picture = Gray(400, 400);
        var (left, _, _) = Draw(
            new ComparisonPanel(picture, "") { Objects = [new ComparedObject(new CocoBox(50, 50, 300, 300), "", mark)] },
            new ComparisonPanel(picture, ""));
        int drawn = Enumerable.Range(60, 280).Count(y => left(50, y) != left(10, 10));
        Assert.True(dashed ? drawn is > 100 and < 250 : drawn == 280, $"{drawn} of 280 pixels of the edge");
    }

    [Fact]
    public void Every_mark_has_a_colour_of_its_own() =>
        Assert.Equal(4, Enum.GetValues<ComparisonOutcome>().Select(ComparisonDrawing.GetColor).Distinct().Count());

    [Fact]
    public void Masks_and_classes_tint_their_pixels_only()
    {
        using var picture = Gray(400, 400);
        byte[] mask = new byte[400 * 400], classes = new byte[400 * 400];
        for (int y = 200; y < 220; y++)
        {
            mask.AsSpan(y * 400 + 30, 20).Fill(1);
            classes.AsSpan(y * 400 + 100, 20).Fill(3);
            classes.AsSpan(y * 400 + 140, 20).Fill(255); // nobody's
        }

        var (left, right, _) = Draw(
            new ComparisonPanel(picture, "") { Objects = [new ComparedObject(new CocoBox(0, 0, 1, 1), "", ComparisonOutcome.TruePositive) { Mask = CocoMask.FromPixels(mask, 400, 400) }] },
            new ComparisonPanel(picture, "") { ClassIds = classes });
        Assert.NotEqual(left(300, 300), left(40, 210));
        Assert.Equal(left(300, 300), left(60, 210));
        Assert.NotEqual(right(300, 300), right(110, 210));
        Assert.Equal(right(300, 300), right(150, 210));
    }

    [Fact]
    public void Small_pictures_are_enlarged_and_halves_are_as_high()
    {
        using var small = Gray(32, 16);
        using var large = Gray(2000, 2000);
        string path = Path.Combine(_folder, "out.png");
        using (var drawing = new ComparisonDrawing())
        {
            drawing.Save(new ComparisonPanel(small, "a"), new ComparisonPanel(small, "b"), path);
        }

        using (var drawn = ImageFile.Load(path))
        {
            Assert.Equal(2 * 640 + 8, drawn.Frame.Width);
            Assert.True(drawn.Frame.Height > 320);
        }

        using (var drawing = new ComparisonDrawing())
        {
            drawing.Save(new ComparisonPanel(small, "a"), new ComparisonPanel(large, "b"), path);
        }

        using var both = ImageFile.Load(path);
        Assert.Equal(1920 + 8 + 960, both.Frame.Width);
    }

    [Fact]
    public void Classes_of_another_size_are_an_error()
    {
        using var picture = Gray(40, 40);
        using var drawing = new ComparisonDrawing();
        Assert.Throws<EdgeVisionException>(() => drawing.Save(new ComparisonPanel(picture, "") { ClassIds = new byte[7] }, new ComparisonPanel(picture, ""), Path.Combine(_folder, "out.png")));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    // Pixels of the drawn halves by the coordinates of their pictures of 400 x 400, the strip of titles left out.
    private (Func<int, int, (byte B, byte G, byte R)> Left, Func<int, int, (byte B, byte G, byte R)> Right, int Width) Draw(ComparisonPanel left, ComparisonPanel right)
    {
        string path = Path.Combine(_folder, "out.png");
        using (var drawing = new ComparisonDrawing())
        {
            drawing.Save(left, right, path);
        }

        using var drawn = ImageFile.Load(path);
        int width = drawn.Frame.Width, stride = drawn.Frame.Stride, strip = drawn.Frame.Height - 400;
        byte[] pixels = drawn.Frame.Data.ToArray();
        (byte, byte, byte) At(int x, int y) => (pixels[(y + strip) * stride + 4 * x], pixels[(y + strip) * stride + 4 * x + 1], pixels[(y + strip) * stride + 4 * x + 2]);
        return (At, (x, y) => At(x + 408, y), width);
    }

    private LoadedImage Gray(int width, int height)
    {
        string path = Path.Combine(_folder, "gray.png");
        using (var frame = Frame.Rent(PixelFormat.Bgra32, width, height))
        {
            frame.MutableData.Fill(128);
            ImageFile.Save(frame, path);
        }

        var image = ImageFile.Load(path);
        File.Delete(path);
        return image;
    }
}
