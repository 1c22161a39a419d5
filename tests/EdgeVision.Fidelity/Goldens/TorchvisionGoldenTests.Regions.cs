using EdgeVision.Decoding.Rcnn;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Fidelity.Goldens;

/// <summary>Cases on what is read inside boxes: masks, keypoints, pooled features.</summary>
public sealed partial class TorchvisionGoldenTests
{
    private static void Masks(Golden golden, Comparison compare)
    {
        var (height, width) = Size(golden, "image");
        int padding = golden.Int("padding"), side = golden.Shape("masks")[^1];
        float[] masks = golden.Floats("masks");
        Box[] boxes = Boxes(golden, "boxes");
        var pasted = new float[boxes.Length * height * width];
        var inside = new float[height * width];
        for (int i = 0; i < boxes.Length; i++)
        {
            var region = MaskPaster.GetRegion(boxes[i], side, width, height, padding);
            MaskPaster.Paste(masks.AsSpan(i * side * side, side * side), side, boxes[i], region, inside, padding);
            for (int row = 0; row < region.Height; row++)
            {
                inside.AsSpan(row * region.Width, region.Width).CopyTo(pasted.AsSpan((i * height + region.Y + row) * width + region.X));
            }
        }

        compare.Floats("pasted", golden.Floats("pasted"), pasted);
        compare.Integers("pixels above 0.5", [.. golden.Floats("pasted").Select(v => v > 0.5f ? 1 : 0)], [.. pasted.Select(v => v > 0.5f ? 1 : 0)]);
    }

    private static void Keypoints(Golden golden, Comparison compare)
    {
        int[] shape = golden.Shape("heatmaps");
        Assert.Equal(shape[2], shape[3]);
        int side = shape[3], each = shape[1] * side * side;
        float[] maps = golden.Floats("heatmaps"), expected = golden.Floats("keypoints_xyv");
        Box[] rois = Boxes(golden, "rois");
        var found = new Keypoint[shape[0] * shape[1]];
        var heatmaps = new KeypointRcnnHeatmaps();
        for (int i = 0; i < rois.Length; i++)
        {
            heatmaps.Locate(maps.AsSpan(i * each, each), side, rois[i], found.AsSpan(i * shape[1], shape[1]));
        }

        compare.Coordinates("keypoints, px", [.. expected.Where((_, i) => i % 3 < 2)], [.. found.SelectMany(p => (float[])[p.X, p.Y])]);
        compare.Floats("scores", golden.Floats("scores"), [.. found.Select(p => p.Score)]);
    }

    private static void Regions(Golden golden, Comparison compare)
    {
        int[] shape = golden.Shape("features"), output = golden.Shape("aligned_true");
        float[] features = golden.Floats("features"), rois = golden.Floats("rois");
        int each = output[1] * output[2] * output[3], picture = shape[1] * shape[2] * shape[3];
        foreach (bool aligned in (bool[])[false, true])
        {
            var align = new RoiAlign(golden.Root.GetProperty("spatial_scale").GetSingle(), output[2], output[3], golden.Int("sampling_ratio"), aligned);
            var pooled = new float[output[0] * each];
            for (int i = 0; i < output[0]; i++)
            {
                var roi = rois.AsSpan(5 * i, 5);
                align.Run(features.AsSpan((int)roi[0] * picture, picture), shape[1], shape[2], shape[3], new Box(roi[1], roi[2], roi[3], roi[4]), pooled.AsSpan(i * each, each));
            }

            string name = aligned ? "aligned_true" : "aligned_false";
            compare.Floats(name, golden.Floats(name), pooled);
        }
    }
}
