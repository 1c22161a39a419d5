using System.Numerics;

namespace EdgeVision;

/// <summary>
/// Intersection over union of label maps (torchvision references/segmentation/utils.py ConfusionMatrix): pixels counted in a
/// confusion matrix whose rows are the truth; pixels whose true label is outside [0, classes), such as 255, do not count. Unlike
/// torchvision the means leave out classes that neither occur nor were predicted, instead of being NaN. One instance serves one
/// thread at a time and allocates nothing while adding.
/// </summary>
/// <param name="classes">Number of classes, background included.</param>
public sealed class MeanIou(int classes)
{
    /// <summary>The pixels counted, by truth and prediction.</summary>
    public ConfusionMatrix Confusion { get; } = new(classes);

    /// <summary>Mean IoU of the classes that occur or were predicted, 0 to 1; NaN without pixels.</summary>
    public double Value => Confusion.Mean(Confusion.Iou);

    /// <summary>Mean Dice of the classes that occur or were predicted: 2 hits / (truth + predicted).</summary>
    public double Dice => Confusion.MacroF1;

    /// <summary>Share of pixels labelled rightly.</summary>
    public double PixelAccuracy => Confusion.Accuracy;

    /// <summary>IoU of each class, [classes]; NaN where it neither occurs nor was predicted.</summary>
    public double[] PerClass => [.. Enumerable.Range(0, Confusion.ClassCount).Select(Confusion.Iou)];

    /// <summary>Dice of each class, [classes]; NaN where it neither occurs nor was predicted.</summary>
    public double[] DicePerClass => [.. Enumerable.Range(0, Confusion.ClassCount).Select(Confusion.F1)];

    /// <summary>Adds pixels.</summary>
    /// <param name="truth">True labels in any order, one a pixel; outside [0, classes) is ignored.</param>
    /// <param name="predicted">Predicted labels in the same order.</param>
    /// <typeparam name="TTruth">Integer type of the true labels: byte as pictures hold them, int, long.</typeparam>
    /// <typeparam name="TPredicted">Integer type of the predictions.</typeparam>
    /// <exception cref="EdgeVisionException">Different lengths, or a predicted label outside [0, classes) where the truth counts.</exception>
    public void Add<TTruth, TPredicted>(ReadOnlySpan<TTruth> truth, ReadOnlySpan<TPredicted> predicted)
        where TTruth : unmanaged, IBinaryInteger<TTruth>
        where TPredicted : unmanaged, IBinaryInteger<TPredicted>
    {
        if (truth.Length != predicted.Length)
        {
            throw new EdgeVisionException($"{truth.Length} true labels and {predicted.Length} predicted ones are no pair of maps");
        }

        // Label maps are made of long runs; counting a run at once is several times faster than pixel by pixel.
        for (int start = 0, end; start < truth.Length; start = end)
        {
            var label = truth[start];
            var guess = predicted[start];
            end = start + 1;
            while (end < truth.Length && truth[end] == label && predicted[end] == guess)
            {
                end++;
            }

            long row = long.CreateSaturating(label);
            if (row >= 0 && row < Confusion.ClassCount)
            {
                Confusion.Add((int)row, int.CreateSaturating(guess), end - start);
            }
        }
    }

    /// <summary>Adds pixels of byte labels, as masks hold them.</summary>
    /// <inheritdoc cref="Add{TTruth, TPredicted}(ReadOnlySpan{TTruth}, ReadOnlySpan{TPredicted})"/>
    public void Add(ReadOnlySpan<byte> truth, ReadOnlySpan<byte> predicted) => Add<byte, byte>(truth, predicted);
}
