using System.Numerics;

namespace EdgeVision.Evaluation;

/// <summary>Computes the intersection over union of label maps.</summary>
/// <remarks>
/// After torchvision references/segmentation/utils.py ConfusionMatrix: pixels are counted in a confusion matrix whose rows
/// are the ground truth. Pixels whose true label is outside [0, classes), such as 255, do not count. Unlike in torchvision,
/// the means leave out classes that neither occur nor were predicted, instead of being NaN. Not thread-safe: use one instance
/// per thread. Adding allocates nothing.
/// </remarks>
/// <param name="classes">Number of classes, background included.</param>
public sealed class MeanIou(int classes)
{
    /// <summary>Gets the counted pixels, by ground truth and prediction.</summary>
    public ConfusionMatrix Confusion { get; } = new(classes);

    /// <summary>Gets the mean IoU of the classes that occur or were predicted, 0 to 1; NaN without pixels.</summary>
    public double Value => Confusion.Mean(Confusion.Iou);

    /// <summary>Gets the mean Dice of the classes that occur or were predicted: 2 hits / (ground truth + predicted).</summary>
    public double Dice => Confusion.MacroF1;

    /// <summary>Gets the share of pixels predicted correctly.</summary>
    public double PixelAccuracy => Confusion.Accuracy;

    /// <summary>Gets the IoU of each class, [classes]; NaN for one that neither occurs nor was predicted.</summary>
    public double[] PerClass => [.. Enumerable.Range(0, Confusion.ClassCount).Select(Confusion.Iou)];

    /// <summary>Gets the Dice of each class, [classes]; NaN for one that neither occurs nor was predicted.</summary>
    public double[] DicePerClass => [.. Enumerable.Range(0, Confusion.ClassCount).Select(Confusion.F1)];

    /// <summary>Adds the pixels of a label map.</summary>
    /// <param name="groundTruth">
    /// True labels in any order, one per pixel; pixels with a label outside [0, classes) are ignored.
    /// </param>
    /// <param name="predicted">Predicted labels in the same order.</param>
    /// <typeparam name="TTruth">Integer type of the true labels: byte as in image files, int, long.</typeparam>
    /// <typeparam name="TPredicted">Integer type of the predictions.</typeparam>
    /// <exception cref="EdgeVisionException">
    /// The lengths differ, or a predicted label is outside [0, classes) where the true label counts.
    /// </exception>
    public void Add<TTruth, TPredicted>(ReadOnlySpan<TTruth> groundTruth, ReadOnlySpan<TPredicted> predicted)
        where TTruth : unmanaged, IBinaryInteger<TTruth>
        where TPredicted : unmanaged, IBinaryInteger<TPredicted>
    {
        if (groundTruth.Length != predicted.Length)
        {
            throw new EdgeVisionException(
                $"true and predicted label maps must have the same length; got {groundTruth.Length} and {predicted.Length}");
        }

        // Label maps consist of long runs; counting a run at once is several times faster than pixel by pixel.
        for (int start = 0, end; start < groundTruth.Length; start = end)
        {
            var label = groundTruth[start];
            var guess = predicted[start];
            end = start + 1;
            while (end < groundTruth.Length && groundTruth[end] == label && predicted[end] == guess)
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

    /// <summary>Adds the pixels of a label map of bytes.</summary>
    /// <inheritdoc cref="Add{TTruth, TPredicted}(ReadOnlySpan{TTruth}, ReadOnlySpan{TPredicted})"/>
    public void Add(ReadOnlySpan<byte> groundTruth, ReadOnlySpan<byte> predicted) => Add<byte, byte>(groundTruth, predicted);
}
