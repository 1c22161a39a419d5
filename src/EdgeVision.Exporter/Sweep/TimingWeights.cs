using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Training;
using TorchSharp;

namespace EdgeVision.Exporter.Sweep;

/// <summary>
/// Random weights whose activations are of the size that a trained network's are. As weights start, BatchNorm knows nothing of what comes
/// to it: each depthwise convolution shrinks its input, each residual block adds to it. Measured at 96x96, the features of MobileNetV2
/// scatter by 2e-9 in the end, those of MobileNetV3 not at all, and ResNet-50's reach 119. ONNX Runtime took the same time for those in
/// float32 on x64; but a little deeper or in float16 they are denormal, which processors may compute many times slower, or zero, for
/// which there are short cuts. So statistics are taken from drawn pictures first, and no such question is left.
/// </summary>
internal static class TimingWeights
{
    // A channel's mean and variance are well known from four pictures, and a stride of 32 leaves 4x4 places of each.
    private const int Pictures = 4, PictureSeed = 77, Side = 128;

    // Of the logits of scores that start at a prior of 0.01, a bias of -4.6: a score of 0.05 is then 6 deviations away.
    private const double ScoreDeviation = 0.25;

    /// <summary>The weights of an architecture: the same for the same seed.</summary>
    public static WeightStore Create(Architecture architecture, int seed)
    {
        var weights = Trainer.CreateWeights(architecture, seed);
        string[] statistics = [.. weights.Names.Where(n => n.EndsWith(".running_mean", StringComparison.Ordinal) || n.EndsWith(".running_var", StringComparison.Ordinal))];
        if (statistics.Length == 0)
        {
            return weights;
        }

        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var pictures = TorchNet.Wrap(Input(architecture, Pictures));
        TakeStatistics(architecture, weights, statistics, pictures);
        KeepScoresAtTheirPrior(architecture, weights, pictures);
        return weights;
    }

    private static void TakeStatistics(Architecture architecture, WeightStore weights, string[] statistics, Value pictures)
    {
        var applied = new Dictionary<string, (int Times, double Momentum)>();
        var net = new TorchNet(weights, training: true)
        {
            Observer = (name, layer, _) =>
            {
                if (layer is BatchNorm norm)
                {
                    applied[name] = (applied.GetValueOrDefault(name).Times + 1, norm.Momentum);
                }
            },
        };

        // From 0, so that a pass leaves the momentum's share of the pictures' statistics and nothing else.
        foreach (string name in statistics)
        {
            weights[name].zero_();
        }

        architecture.Forward(net, pictures);
        foreach (string name in statistics)
        {
            var (times, momentum) = applied[name[..name.LastIndexOf('.')]];
            weights[name].div_(1 - Math.Pow(1 - momentum, times));
        }
    }

    // Where no BatchNorm stands between pyramid and scores, their logits scatter so widely that among a million of them thousands are
    // detections, and decoding would be timed on what no trained network finds.
    private static void KeepScoresAtTheirPrior(Architecture architecture, WeightStore weights, Value pictures)
    {
        var deviations = new Dictionary<string, double>();
        var net = new TorchNet(weights, training: false)
        {
            Observer = (name, layer, output) =>
            {
                if (layer is Conv2d { BiasStart: < 0 })
                {
                    deviations[name] = Math.Max(deviations.GetValueOrDefault(name), output.std().ToDouble());
                }
            },
        };
        architecture.Forward(net, pictures);
        foreach (var (name, deviation) in deviations.Where(d => d.Value > ScoreDeviation))
        {
            weights[$"{name}.weight"].mul_(ScoreDeviation / deviation);
        }
    }

    /// <summary>Drawn pictures as the network's input; small ones where the network takes any size, for its statistics do not depend on it.</summary>
    internal static torch.Tensor Input(Architecture architecture, int count)
    {
        var input = architecture.Spec.Input;
        if (architecture.DynamicSize)
        {
            input = input with { Width = Math.Min(Side, input.Width), Height = Math.Min(Side, input.Height) };
        }

        return TrainingSet.ToTensor([.. Enumerable.Range(0, count).Select(i =>
        {
            var picture = Picture(i);
            PicturePlacement.Fit(picture, input, out byte[] planes, out var transform);
            return new Sample(planes, [], transform, picture);
        })], input);
    }

    /// <summary>A drawn picture.</summary>
    internal static LabelledPicture Picture(int index) => DrawnData.Create("scenes", index + 1, PictureSeed, 160, 128).Load(index);
}
