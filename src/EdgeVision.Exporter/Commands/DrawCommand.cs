using System.Globalization;
using System.Text.Json;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Data.Drawn;

namespace EdgeVision.Exporter.Commands;

/// <summary>Draws images to files, to look at or as a data set that can be read back.</summary>
internal static class DrawCommand
{
    public static void Run(string kind, string folder, int first, int count, int seed, int width, int height, bool yolo)
    {
        var source = DrawnData.Create(kind, first + count, seed, width, height);
        string images = yolo ? Path.Combine(folder, "images", "train") : folder, labels = Path.Combine(folder, "labels", "train");
        Directory.CreateDirectory(images);
        if (yolo)
        {
            Directory.CreateDirectory(labels);
        }

        for (int i = first; i < first + count; i++)
        {
            var picture = source.Load(i);
            string name = string.Create(CultureInfo.InvariantCulture, $"{kind}-{i:D5}"), file = Path.Combine(images, name + ".png");
            DrawnScenes.Save(new Scene(picture.Rgb, picture.Width, picture.Height, []), file);
            if (yolo)
            {
                File.WriteAllLines(Path.Combine(labels, name + ".txt"), picture.Objects.Select(o => Row(o, picture)));
                continue;
            }

            Console.WriteLine(JsonSerializer.Serialize(new
            {
                file,
                width,
                height,
                label = picture.ClassId >= 0 && picture.ClassId < source.Labels.Pictures.Count
                    ? source.Labels.Pictures[picture.ClassId]
                    : null,
                identity = picture.Identity >= 0 ? picture.Identity : (int?)null,
                objects = picture.Objects.Select(o => new
                {
                    label = source.Labels.Objects[o.ClassId],
                    box = new[] { o.Box.X1, o.Box.Y1, o.Box.X2, o.Box.Y2 },
                    keypoints = o.Keypoints.Length > 0 ? o.Keypoints.Select(k => new[] { k.X, k.Y, k.Visibility }) : null,
                }),
            }));
        }

        if (yolo)
        {
            File.WriteAllText(Path.Combine(folder, "data.yaml"),
                "path: .\ntrain: images/train\nnames:\n" + string.Concat(source.Labels.Objects.Select((n, i) => $"  {i}: {n}\n")));
        }
    }

    private static string Row(LabelledObject item, LabelledImage picture)
    {
        var b = item.Box;
        double w = picture.Width, h = picture.Height;
        return string.Create(CultureInfo.InvariantCulture,
            $"{item.ClassId} {(b.X1 + b.X2) / 2 / w:F6} {(b.Y1 + b.Y2) / 2 / h:F6} {b.Width / w:F6} {b.Height / h:F6}");
    }
}
