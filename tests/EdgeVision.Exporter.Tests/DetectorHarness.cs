using EdgeVision.Decoding;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;
using EdgeVision.Tensors;
using TorchSharp;

namespace EdgeVision.Exporter.Tests;

/// <summary>What the tests of detectors share: drawn pictures of the input's size, weights, a few steps of training, decoding.</summary>
internal static class DetectorHarness
{
    public static ModelSettings Shapes { get; } = new() { Labels = new DataLabels { Objects = DrawnScenes.Labels } };

    public static LabelledImage Picture(int index)
    {
        var scene = DrawnScenes.Draw(3, index, 192, 160);
        return new LabelledImage(scene.Rgb, scene.Width, scene.Height)
        {
            Name = $"scene {index}",
            Objects = [.. scene.Objects.Select(o => new LabelledObject(o.ClassId, o.Box))],
        };
    }

    public static LabelledImage Labelled(params (int ClassId, Box Box)[] objects) => new(new byte[192 * 160 * 3], 192, 160)
    {
        Name = "made",
        Objects = [.. objects.Select(o => new LabelledObject(o.ClassId, o.Box))],
    };

    public static torch.Tensor Images(IReadOnlyList<LabelledImage> pictures) => torch.cat(
        [.. pictures.Select(p => torch.tensor(p.Rgb, [1, p.Height, p.Width, 3]).to_type(torch.ScalarType.Float32).permute(0, 3, 1, 2) / 128 - 1)]);

    /// <summary>Weights as a walk of the exported graph creates them; normally distributed on request, so that no default hides a mistake.</summary>
    public static WeightStore Weights(Architecture architecture, bool randomized = false)
    {
        var weights = new WeightStore(1);
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        architecture.Forward(new TorchNet(weights, training: false), TorchNet.Wrap(torch.zeros(1, 3, architecture.Spec.Input.Height, architecture.Spec.Input.Width)));
        if (randomized)
        {
            using var random = new torch.Generator(2);
            foreach (string name in weights.Names)
            {
                if (name.EndsWith("running_var", StringComparison.Ordinal))
                {
                    weights[name].uniform_(0.5, 2, random);
                }
                else if (weights[name].dim() == 1)
                {
                    weights[name].add_(torch.empty_like(weights[name]).normal_(0, 0.1, random));
                }
                else
                {
                    weights[name].add_(torch.empty_like(weights[name]).normal_(0, 0.02, random));
                }
            }
        }

        return weights;
    }

    /// <summary>Sums of the losses, one a step.</summary>
    public static double[] Train(Architecture architecture, IReadOnlyList<LabelledImage> pictures, int steps, double rate)
    {
        using var weights = Weights(architecture);
        using var optimizer = new AdamW(weights);
        var head = architecture.Heads.Single();
        object[] targets = [.. pictures.Select(head.CreateTarget)];
        var losses = new double[steps];
        for (int step = 0; step < steps; step++)
        {
            using var scope = torch.NewDisposeScope();
            optimizer.ZeroGradients();
            var net = new TorchNet(weights, training: true);
            var outputs = architecture.TrainingForward(net, TorchNet.Wrap(Images(pictures))).ToDictionary(o => o.Name, o => o.Value);
            var parts = head.ComputeLosses(new LossInputs(net, weights, outputs, targets, new Random(step)));
            var loss = parts.Select(p => p.Value).Aggregate((a, b) => a + b);
            loss.backward();
            optimizer.Step(rate);
            losses[step] = loss.ToDouble();
        }

        return losses;
    }

    /// <summary>Losses of given outputs, by name.</summary>
    public static Dictionary<string, double> Losses(Architecture architecture, IReadOnlyList<object> targets, params (string Name, torch.Tensor Value)[] outputs)
    {
        using var weights = Weights(architecture);
        return architecture.Heads.Single()
            .ComputeLosses(new LossInputs(new TorchNet(weights, training: true), weights, outputs.ToDictionary(o => o.Name, o => TorchNet.Wrap(o.Value)), targets, new Random(1)))
            .ToDictionary(l => l.Name, l => l.Value.ToDouble());
    }

    /// <summary>What the runtime's decoder reads from outputs of batch 1.</summary>
    public static Detections Decode(Architecture architecture, params (string Name, torch.Tensor Value)[] outputs)
    {
        var spec = architecture.Spec;
        var infos = outputs.Select(o => new TensorInfo(o.Name, o.Value.shape, TensorElement.Float32)).ToArray();
        var t = spec.Thresholds;
        var decoder = DecoderRegistry.Create(spec, spec.Outputs.Single(), infos, new DecoderOptions(t.Confidence, t.Iou, t.MaxDetections, t.ClassAgnostic));
        var result = new VisionResult();
        var transform = FrameTransform.Identity(spec.Input.Width, spec.Input.Height);
        decoder.Decode(new ArrayTensorSet([.. outputs.Select(o => (o.Name, o.Value.shape, OnnxNet.ToFloats(o.Value)))]), 0, transform, result);
        return result.Detections;
    }

    /// <summary>Fails unless the detections are these objects, in any order, within <paramref name="pixels"/>.</summary>
    public static void Same(IReadOnlyList<LabelledObject> expected, Detections actual, float pixels)
    {
        Assert.Equal(expected.Count, actual.Count);
        foreach (var item in expected)
        {
            Assert.Contains(Enumerable.Range(0, actual.Count), i => actual.ClassIds[i] == item.ClassId
                && Math.Abs(actual.Boxes[i].X1 - item.Box.X1) < pixels && Math.Abs(actual.Boxes[i].Y1 - item.Box.Y1) < pixels
                && Math.Abs(actual.Boxes[i].X2 - item.Box.X2) < pixels && Math.Abs(actual.Boxes[i].Y2 - item.Box.Y2) < pixels);
        }
    }
}
