namespace EdgeVision.Configuration.Yaml;

/// <summary>Suggests the known word that was probably meant.</summary>
internal static class Suggestion
{
    /// <summary>Returns <c>; did you mean 'x'?</c>, or the list of known words if none is similar.</summary>
    public static string Hint(string word, IReadOnlyCollection<string> known)
    {
        if (known.Count == 0)
        {
            return "";
        }

        string best = known.MinBy(k => Distance(word, k))!;
        return Distance(word, best) <= Math.Max(1, Math.Min(word.Length, best.Length) / 3)
            ? $"; did you mean '{best}'?"
            : $"; known: {string.Join(", ", known)}";
    }

    // Levenshtein distance, ignoring case.
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + cost));
            }
        }

        return row[b.Length];
    }
}
