using System.Globalization;

namespace EdgeVision.Profiling.Selection;

/// <summary>Comparison of two profiles: which figures changed, with confidence intervals and verdicts.</summary>
/// <remarks>
/// A change is a regression or an improvement only if its 95 % confidence interval excludes 0 and it exceeds a threshold. Both are
/// needed because the interval covers the scatter within a measurement, but not the differences between starts of a process.
/// </remarks>
public sealed class ProfileComparison
{
    /// <summary>Default for the minimum change that counts, as a fraction.</summary>
    public const double DefaultThreshold = 0.03;

    private ProfileComparison(double threshold) => Threshold = threshold;

    /// <summary>Minimum change that counts, as a fraction.</summary>
    public double Threshold { get; }

    /// <summary>Configurations in both profiles, in the order of the second.</summary>
    public IReadOnlyList<ProfilePair> Pairs { get; private init; } = [];

    /// <summary>Rows that are only in the first profile.</summary>
    public IReadOnlyList<ProfileRow> OnlyBefore { get; private init; } = [];

    /// <summary>Rows that are only in the second profile.</summary>
    public IReadOnlyList<ProfileRow> OnlyAfter { get; private init; } = [];

    /// <summary>Warnings about the comparison as a whole, each once: other machines, other versions, repeated rows.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>Number of figures that became worse, including configurations that now fail.</summary>
    public int Regressions => Pairs.Sum(p => p.Count(ProfileTrend.Regression));

    /// <summary>Number of figures that became better, including configurations that failed before.</summary>
    public int Improvements => Pairs.Sum(p => p.Count(ProfileTrend.Improvement));

    /// <summary>Compares two lists of rows.</summary>
    /// <remarks>
    /// Configurations are matched within the same device first; the rest is matched across devices if the match is unique.
    /// </remarks>
    /// <param name="before">Rows of the baseline.</param>
    /// <param name="after">Rows to judge.</param>
    /// <param name="threshold">Minimum change that counts, as a fraction of the figure before; at least 0.</param>
    public static ProfileComparison Compare(
        IReadOnlyList<ProfileRow> before, IReadOnlyList<ProfileRow> after, double threshold = DefaultThreshold)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threshold);
        var (first, second) = (ProfileMerge.Merge(before), ProfileMerge.Merge(after));
        List<string> warnings = [];
        foreach (var (merge, which) in (ReadOnlySpan<(ProfileMerge, string)>)[(first, "first"), (second, "second")])
        {
            if (merge.Replaced.Count > 0)
            {
                warnings.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"rows of the {which} profile replaced by a later row of the same configuration: {merge.Replaced.Count}"));
            }
        }

        List<ProfileRow> open = [.. first.Rows];
        var partners = new ProfileRow?[second.Rows.Count];
        for (int i = 0; i < partners.Length; i++)
        {
            partners[i] = TakeMatch(open, second.Rows[i], r => r.Device == second.Rows[i].Device);
        }

        for (int i = 0; i < partners.Length; i++)
        {
            var row = second.Rows[i];
            bool alone = second.Rows
                .Where((_, j) => partners[j] is null)
                .Count(r => ProfileConfiguration.FromRow(r) == ProfileConfiguration.FromRow(row)) == 1;
            partners[i] ??= alone ? TakeMatch(open, row, _ => true) : null;
        }

        ProfilePair[] pairs =
        [
            .. second.Rows.Zip(partners).Where(p => p.Second is not null).Select(p => ProfilePair.Compare(p.Second!, p.First, threshold)),
        ];
        warnings.AddRange(GetMachineWarnings([.. pairs]));
        return new ProfileComparison(threshold)
        {
            Pairs = pairs,
            OnlyBefore = open,
            OnlyAfter = [.. second.Rows.Where((_, i) => partners[i] is null)],
            Warnings = warnings,
        };
    }

    /// <summary>Returns the geometric mean of a figure's ratio over all pairs that have it, minus 1; null if none has.</summary>
    public double? GetMeanChange(ProfileFigure figure)
    {
        double[] ratios =
        [
            .. Pairs.SelectMany(p => p.Changes)
                .Where(c => c.Figure == figure && c.Before > 0 && c.After > 0)
                .Select(c => Math.Log(c.After / c.Before)),
        ];
        return ratios.Length == 0 ? null : Math.Exp(ratios.Average()) - 1;
    }

    private static ProfileRow? TakeMatch(List<ProfileRow> from, ProfileRow like, Func<ProfileRow, bool> fits)
    {
        var configuration = ProfileConfiguration.FromRow(like);
        var found = from.Where(r => fits(r) && ProfileConfiguration.FromRow(r) == configuration).ToList();
        if (found.Count != 1)
        {
            return null;
        }

        from.RemoveAll(r => ReferenceEquals(r, found[0]));
        return found[0];
    }

    private static IEnumerable<string> GetMachineWarnings(ProfilePair[] pairs)
    {
        var machines = pairs
            .Where(p => p.Before.Machine is not null && p.After.Machine is not null)
            .Select(p => (Before: p.Before.Machine!, After: p.After.Machine!))
            .ToList();
        int without = pairs.Length - machines.Count;
        if (without > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"pairs without machine information: {without} of {pairs.Length}");
        }

        (string What, Func<ProfileMachine, string> Of)[] parts =
        [
            ("processors", m => m.Cpu),
            ("boards", m => m.Board ?? ""),
            ("core counts", m => m.Cores.ToString(CultureInfo.InvariantCulture)),
            ("architectures", m => m.Architecture),
            ("kernels", m => m.Kernels),
            ("systems", m => m.System),
            ("governors", m => m.Governor ?? ""),
            ("EdgeVision versions", m => m.EdgeVision),
            ("ONNX Runtime versions", m => m.OnnxRuntime),
            (".NET versions", m => m.Dotnet),
        ];
        bool explained = false;
        foreach (var (what, of) in parts)
        {
            foreach (var (before, after) in machines.Select(m => (of(m.Before), of(m.After))).Where(m => m.Item1 != m.Item2).Distinct())
            {
                explained = true;
                yield return $"the {what} differ: '{before}' before, '{after}' after";
            }
        }

        if (!explained && machines.FirstOrDefault(m => m.Before.Fingerprint != m.After.Fingerprint) is { Before: not null } other)
        {
            yield return $"the machines differ: {other.Before.Fingerprint} before, {other.After.Fingerprint} after";
        }
    }
}
