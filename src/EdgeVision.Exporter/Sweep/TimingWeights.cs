using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Data.Drawn;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Training;
using TorchSharp;

namespace EdgeVision.Exporter.Sweep;

/// <summary>Random weights whose activations have the magnitude of a trained network's.</summary>
/// <remarks>
/// With initial weights the statistics of BatchNorm do not match its inputs: each depthwise convolution shrinks its input, each
/// residual block adds to it. Measured at 96x96, the features of MobileNetV2 have a standard deviation of 2e-9 in the end,
/// those of MobileNetV3 of 0, and those of ResNet-50 reach 119. ONNX Runtime took the same time for those in float32 on x64,
/// but in a deeper network or in float16 they become denormal, which processors may compute many times slower, or zero, for
/// which there are shortcuts. Therefore the statistics are measured on drawn images first.
/// </remarks>
internal static class TimingWeights
{
    // Four images determine the mean and variance of a channel well: a stride of 32 leaves 4x4 locations of each.
    private const int ImageCount = 4, ImageSeed = 77, Side = 128;

    // Standard deviation of the logits of scores that start at a prior of 0.01, a bias of -4.6: a score of 0.05 is then 6
    // standard deviations away.
    private const double ScoreDeviation = 0.25;

    /// <summary>Creates the weights of an architecture; the same seed gives the same weights.</summary>
    public static WeightStore Create(Architecture architecture, int seed)
    {
        var weights = Trainer.CreateWeights(architecture, seed);
        string[] statistics =
        [
            .. weights.Names.Where(n => n.EndsWith(".running_mean", StringComparison.Ordinal)
                || n.EndsWith(".running_var", StringComparison.Ordinal))
        ];
        if (statistics.Length == 0)
        {
            return weights;
        }

        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var pictures = TorchNet.Wrap(CreateInput(architecture, ImageCount));
        MeasureStatistics(architecture, weights, statistics, pictures);
        LimitScoreDeviation(architecture, weights, pictures);
        return weights;
    }

    private static void MeasureStatistics(Architecture architecture, WeightStore weights, string[] statistics, Value pictures)
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

        // Starts from 0, so that a pass leaves exactly the momentum's share of the images' statistics.
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

    // Without BatchNorm between pyramid and scores, their logits vary so widely that thousands among a million are detections,
    // and decoding would be timed on results that no trained network has.
    private static void LimitScoreDeviation(Architecture architecture, WeightStore weights, Value pictures)
    {
        var deviations = new Dictionary<string, double>();
        var net = new TorchNet(weights, training: false)
        {
            Observer = (name, layer, output) =>
            {
                if (layer is Conv2d { InitialBias: < 0 })
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

    /// <summary>Returns drawn images as the network's input.</summary>
    /// <remarks>They are small if the network supports any size, since its statistics do not depend on the size.</remarks>
    internal static torch.Tensor CreateInput(Architecture architecture, int count)
    {
        var input = architecture.Spec.Input;
        if (architecture.SupportsDynamicSize)
        {
            input = input with { Width = Math.Min(Side, input.Width), Height = Math.Min(Side, input.Height) };
        }

        return TrainingSet.ToTensor([.. Enumerable.Range(0, count).Select(i =>
        {
            var picture = CreateImage(i);
            InputFitter.Fit(picture, input, out byte[] planes, out var transform);
            return new TrainingSample(planes, [], transform, picture);
        })], input);
    }

    /// <summary>Returns a drawn image.</summary>
    internal static LabelledImage CreateImage(int index) => DrawnData.Create("scenes", index + 1, ImageSeed, 160, 128).Load(index);
}
