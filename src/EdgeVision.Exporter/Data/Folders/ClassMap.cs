namespace EdgeVision.Exporter.Data.Folders;

/// <summary>Maps the ids of a data set, which may have gaps, to ids 0, 1, 2 … of the kept classes.</summary>
internal sealed class ClassMap
{
    private readonly Dictionary<int, int> _dense = [];

    /// <summary>Selects the classes to keep.</summary>
    /// <param name="names">Class names by the data set's ids.</param>
    /// <param name="counts">Returns the number of objects per class, for the most frequent ones; called only when needed.</param>
    /// <param name="options">Options that select the classes.</param>
    /// <param name="first">Dense id of the first kept class: 1 if 0 is the background.</param>
    public ClassMap(IReadOnlyDictionary<int, string> names, Func<IReadOnlyDictionary<int, long>> counts, DataFolderOptions options,
        int first = 0)
    {
        IEnumerable<int> kept = names.Keys.Order();
        if (options.Classes.Count > 0)
        {
            kept = options.Classes.Select(c => names.Where(n => n.Value == c).Select(n => (int?)n.Key).FirstOrDefault()
                ?? throw new EdgeVisionException($"Class must be one of {string.Join(", ", names.Values.Take(20))}; got '{c}'"));
        }
        else if (options.MaxClasses > 0)
        {
            var often = counts();
            kept = names.Keys.OrderByDescending(id => often.GetValueOrDefault(id)).ThenBy(id => id).Take(options.MaxClasses).Order();
        }

        int[] ids = [.. kept];
        Names = [.. ids.Select(id => names[id])];
        for (int i = 0; i < ids.Length; i++)
        {
            _dense[ids[i]] = first + i;
        }
    }

    /// <summary>Gets the names of the kept classes in the order of their dense ids.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Returns the dense id, or -1 for a class that is not kept.</summary>
    public int GetDenseId(int id) => _dense.GetValueOrDefault(id, -1);
}
