using EdgeVision.Exporter.Data;

namespace EdgeVision.Exporter.Training;

/// <summary>One set of pictures in a config: drawn, or read from a folder, and possibly a part of it.</summary>
public sealed record SourceConfig
{
    /// <summary>A kind of drawn data (<see cref="DrawnData.Kinds"/>), or <c>folder</c>.</summary>
    public string Kind { get; init; } = "folder";

    /// <summary>Pictures to draw.</summary>
    public int Count { get; init; }

    /// <summary>Seed of drawn pictures; sets of other seeds share none.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Width of drawn pictures in pixels; the network's input's when 0.</summary>
    public int Width { get; init; }

    /// <summary>Height of drawn pictures in pixels; the network's input's when 0.</summary>
    public int Height { get; init; }

    /// <summary>Folder or file of labelled pictures; see <see cref="DataFolder.Open"/>.</summary>
    public string Path { get; init; } = "";

    /// <summary>Folder of the pictures, where the labels do not say it.</summary>
    public string Images { get; init; } = "";

    /// <summary>YAML file with class names, where the folder has none.</summary>
    public string Names { get; init; } = "";

    /// <summary>Classes to keep, by name; all when empty.</summary>
    public string[] Classes { get; init; } = [];

    /// <summary>Keeps the classes that occur most often, as many as this; all when 0.</summary>
    public int MostFrequent { get; init; }

    /// <summary>First picture of the source that is taken.</summary>
    public int First { get; init; }

    /// <summary>Pictures that are taken; all that follow when 0.</summary>
    public int Take { get; init; }

    /// <summary>Broken labels are counted and left out instead of being an error.</summary>
    public bool Lenient { get; init; }

    /// <summary>Opens the source.</summary>
    /// <exception cref="EdgeVisionException">There is no such kind or folder, or a part is asked for that is not there.</exception>
    public PictureSource Open(int inputWidth, int inputHeight)
    {
        PictureSource source;
        if (Kind == "folder")
        {
            source = DataFolder.Open(Path, new DataFolderOptions { Classes = Classes, MostFrequent = MostFrequent, Lenient = Lenient, Images = Images, Names = Names });
        }
        else
        {
            if (Count < 1)
            {
                throw new EdgeVisionException($"data of kind '{Kind}' needs a count of pictures to draw");
            }

            source = DrawnData.Create(Kind, Count, Seed, Width > 0 ? Width : inputWidth, Height > 0 ? Height : inputHeight);
        }

        return First == 0 && Take == 0 ? source : new PartOfSource(source, First, Take > 0 ? Take : source.Count - First);
    }

    private sealed class PartOfSource : PictureSource
    {
        private readonly PictureSource _whole;
        private readonly int _first;

        public PartOfSource(PictureSource whole, int first, int count)
        {
            if (first < 0 || count < 1 || first + count > whole.Count)
            {
                throw new EdgeVisionException($"pictures {first} to {first + count - 1} are asked for; {whole.Description} has {whole.Count}");
            }

            (_whole, _first, Count) = (whole, first, count);
        }

        public override string Description => $"{Count} of {_whole.Description}, from picture {_first} on";

        public override int Count { get; }

        public override DataLabels Labels => _whole.Labels;

        public override LabelledPicture Load(int index) => _whole.Load(_first + index);
    }
}
