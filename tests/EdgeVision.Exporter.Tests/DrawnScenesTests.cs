using EdgeVision.Exporter.Data;

namespace EdgeVision.Exporter.Tests;

public class DrawnScenesTests
{
    [Fact]
    public void TheSameSeedAndIndexGiveTheSameScene()
    {
        var a = DrawnScenes.Draw(3, 5);
        var b = DrawnScenes.Draw(3, 5);
        Assert.Equal(a.Objects, b.Objects);
        Assert.True(a.Rgb.AsSpan().SequenceEqual(b.Rgb));
        Assert.False(a.Rgb.AsSpan().SequenceEqual(DrawnScenes.Draw(3, 6).Rgb));
        Assert.False(a.Rgb.AsSpan().SequenceEqual(DrawnScenes.Draw(4, 5).Rgb));
    }

    [Fact]
    public void BoxesLieInThePictureAndEveryClassOccurs()
    {
        var seen = new HashSet<int>();
        for (int i = 0; i < 20; i++)
        {
            var scene = DrawnScenes.Draw(1, i);
            Assert.Equal(scene.Width * scene.Height * 3, scene.Rgb.Length);
            foreach (var (classId, box) in scene.Objects)
            {
                seen.Add(classId);
                Assert.True(box.X1 >= 0 && box.Y1 >= 0 && box.X2 <= scene.Width && box.Y2 <= scene.Height && box.Width > 8 && box.Height > 8, box.ToString());
            }
        }

        Assert.Equal(DrawnScenes.Labels.Count, seen.Count);
    }

    [Fact]
    public void ASavedSceneIsAPicture()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.png");
        var scene = DrawnScenes.Draw(1, 0, 96, 64);
        DrawnScenes.Save(scene, path);
        using (var bitmap = SkiaSharp.SKBitmap.Decode(path))
        {
            Assert.Equal((96, 64), (bitmap.Width, bitmap.Height));
            var pixel = bitmap.GetPixel(5, 2);
            Assert.Equal((scene.Rgb[(2 * 96 + 5) * 3], scene.Rgb[(2 * 96 + 5) * 3 + 1], scene.Rgb[(2 * 96 + 5) * 3 + 2]), (pixel.Red, pixel.Green, pixel.Blue));
        }

        File.Delete(path);
    }
}
