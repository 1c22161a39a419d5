namespace EdgeVision.Exporter.Data.Folders;

/// <summary>Ids of a data set, which may have gaps, to ids 0, 1, 2 … of the classes that are kept.</summary>
internal sealed class ClassMap
{
    private readonly Dictionary<int, int> _dense = [];

    /// <summary>Chooses the classes to keep.</summary>
    /// <param name="names">Names by the data set's ids.</param>
    /// <param name="counts">How often each occurs, for the most frequent; counted only when asked for.</param>
    /// <param name="options">Which to keep.</param>
    /// <param name="first">Dense id of the first class kept: 1 where 0 is the background.</param>
    public ClassMap(IReadOnlyDictionary<int, string> names, Func<IReadOnlyDictionary<int, long>> counts, DataFolderOptions options, int first = 0)
    {
        IEnumerable<int> kept = names.Keys.Order();
        if (options.Classes.Count > 0)
        {
            kept = options.Classes.Select(c => names.Where(n => n.Value == c).Select(n => (int?)n.Key).FirstOrDefault()
                ?? throw new EdgeVisionException($"the data has no class '{c}'; it has {string.Join(", ", names.Values.Take(20))}"));
        }
        else if (options.MostFrequent > 0)
        {
            var often = counts();
            kept = names.Keys.OrderByDescending(id => often.GetValueOrDefault(id)).ThenBy(id => id).Take(options.MostFrequent).Order();
        }

        int[] ids = [.. kept];
        Names = [.. ids.Select(id => names[id])];
        for (int i = 0; i < ids.Length; i++)
        {
            _dense[ids[i]] = first + i;
        }
    }

    /// <summary>Names of the classes kept, in the order of their dense ids.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The dense id, or -1 for a class that is not kept.</summary>
    public int Of(int id) => _dense.GetValueOrDefault(id, -1);
}
