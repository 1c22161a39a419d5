using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Data.Drawn;
using EdgeVision.Exporter.Data.Folders;

namespace EdgeVision.Exporter.Training;

/// <summary>Config of a set of images: drawn or read from a folder, optionally only a part of it.</summary>
public sealed record SourceConfig
{
    /// <summary>Kind of drawn data (<see cref="DrawnData.Kinds"/>), or <c>folder</c>.</summary>
    public string Kind { get; init; } = "folder";

    /// <summary>Number of images to draw.</summary>
    public int Count { get; init; }

    /// <summary>Seed of drawn images; sets with different seeds share no image.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Width of drawn images in pixels; that of the network's input when 0.</summary>
    public int Width { get; init; }

    /// <summary>Height of drawn images in pixels; that of the network's input when 0.</summary>
    public int Height { get; init; }

    /// <summary>Folder or file of labelled images; see <see cref="DataFolder.Open"/>.</summary>
    public string Path { get; init; } = "";

    /// <summary>Folder of the images, if the labels do not specify it.</summary>
    public string Images { get; init; } = "";

    /// <summary>YAML file with class names, if the folder has none.</summary>
    public string Names { get; init; } = "";

    /// <summary>Classes to keep, by name; all when empty.</summary>
    public string[] Classes { get; init; } = [];

    /// <summary>Number of most frequent classes to keep; all when 0.</summary>
    public int MostFrequent { get; init; }

    /// <summary>Index of the first image of the source to use.</summary>
    public int First { get; init; }

    /// <summary>Number of images to use; all that follow when 0.</summary>
    public int Take { get; init; }

    /// <summary>Gets whether invalid labels are skipped and reported instead of being an error.</summary>
    public bool Lenient { get; init; }

    /// <summary>Opens the source.</summary>
    /// <exception cref="EdgeVisionException">
    /// The kind or folder does not exist, or the requested range exceeds the source.
    /// </exception>
    public LabelledImageSource Open(int inputWidth, int inputHeight)
    {
        LabelledImageSource source;
        if (Kind == "folder")
        {
            source = DataFolder.Open(Path,
                new DataFolderOptions
                {
                    Classes = Classes,
                    MaxClasses = MostFrequent,
                    SkipInvalidLabels = Lenient,
                    Images = Images,
                    Names = Names,
                });
        }
        else
        {
            if (Count < 1)
            {
                throw new EdgeVisionException($"Data of kind '{Kind}' must have a 'count' of at least 1 images; got {Count}");
            }

            source = DrawnData.Create(Kind, Count, Seed, Width > 0 ? Width : inputWidth, Height > 0 ? Height : inputHeight);
        }

        return First == 0 && Take == 0 ? source : new PartOfSource(source, First, Take > 0 ? Take : source.Count - First);
    }

    private sealed class PartOfSource : LabelledImageSource
    {
        private readonly LabelledImageSource _whole;
        private readonly int _first;

        public PartOfSource(LabelledImageSource whole, int first, int count)
        {
            if (first < 0 || count < 1 || first + count > whole.Count)
            {
                throw new EdgeVisionException($"Images 'first' to 'first' + 'take' - 1 must be between 0 and {whole.Count - 1} "
                    + $"for {whole.Description}; got {first} to {first + count - 1}");
            }

            (_whole, _first, Count) = (whole, first, count);
        }

        public override string Description => $"{Count} of {_whole.Description}, from picture {_first} on";

        public override int Count { get; }

        public override DataLabels Labels => _whole.Labels;

        public override LabelledImage Load(int index) => _whole.Load(_first + index);
    }
}
