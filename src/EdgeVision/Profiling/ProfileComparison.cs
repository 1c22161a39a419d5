using System.Globalization;

namespace EdgeVision;

/// <summary>
/// Two profiles side by side: what changed, how sure that is, and whether it is for the worse. A change is called a regression or an improvement only where its
/// 95 % confidence interval excludes 0 and it exceeds a threshold; both, because the interval knows of the scatter within a measurement and not of what differs from one
/// start of a process to the next.
/// </summary>
public sealed class ProfileComparison
{
    /// <summary>Changes below this share are no regressions and no improvements, if nothing else is said.</summary>
    public const double DefaultThreshold = 0.03;

    private ProfileComparison(double threshold) => Threshold = threshold;

    /// <summary>Least change that counts, as a share.</summary>
    public double Threshold { get; }

    /// <summary>Configurations that both profiles have, in the order of the second.</summary>
    public IReadOnlyList<ProfilePair> Pairs { get; private init; } = [];

    /// <summary>Rows of the first without a partner.</summary>
    public IReadOnlyList<ProfileRow> OnlyBefore { get; private init; } = [];

    /// <summary>Rows of the second without a partner.</summary>
    public IReadOnlyList<ProfileRow> OnlyAfter { get; private init; } = [];

    /// <summary>What makes the comparison doubtful as a whole, each once: other machines, other versions, rows measured twice.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>How many figures became worse, configurations that fail since then among them.</summary>
    public int Regressions => Pairs.Sum(p => p.Count(ProfileTrend.Regression));

    /// <summary>How many figures became better, configurations that failed before among them.</summary>
    public int Improvements => Pairs.Sum(p => p.Count(ProfileTrend.Improvement));

    /// <summary>Compares two lists of rows. Configurations are matched on the same device first; what is left is matched whatever the device, where that is unique.</summary>
    /// <param name="before">The base.</param>
    /// <param name="after">What is judged.</param>
    /// <param name="threshold">Least change that counts, as a share of the figure before; 0 or more.</param>
    public static ProfileComparison Of(IReadOnlyList<ProfileRow> before, IReadOnlyList<ProfileRow> after, double threshold = DefaultThreshold)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threshold);
        var (first, second) = (ProfileMerge.Of(before), ProfileMerge.Of(after));
        List<string> warnings = [];
        foreach (var (merge, which) in (ReadOnlySpan<(ProfileMerge, string)>)[(first, "first"), (second, "second")])
        {
            if (merge.Replaced.Count > 0)
            {
                warnings.Add(string.Create(CultureInfo.InvariantCulture, $"rows of the {which} profile that a later one of the same configuration replaces: {merge.Replaced.Count}"));
            }
        }

        List<ProfileRow> open = [.. first.Rows];
        var partners = new ProfileRow?[second.Rows.Count];
        for (int i = 0; i < partners.Length; i++)
        {
            partners[i] = Take(open, second.Rows[i], r => r.Device == second.Rows[i].Device);
        }

        for (int i = 0; i < partners.Length; i++)
        {
            var row = second.Rows[i];
            bool alone = second.Rows.Where((_, j) => partners[j] is null).Count(r => ProfileConfiguration.Of(r) == ProfileConfiguration.Of(row)) == 1;
            partners[i] ??= alone ? Take(open, row, _ => true) : null;
        }

        ProfilePair[] pairs = [.. second.Rows.Zip(partners).Where(p => p.Second is not null).Select(p => ProfilePair.Of(p.Second!, p.First, threshold))];
        warnings.AddRange(Machines([.. pairs]));
        return new ProfileComparison(threshold)
        {
            Pairs = pairs,
            OnlyBefore = open,
            OnlyAfter = [.. second.Rows.Where((_, i) => partners[i] is null)],
            Warnings = warnings,
        };
    }

    /// <summary>Geometric mean of a figure's ratio over all pairs that have it, less 1; null where none has.</summary>
    public double? Overall(ProfileFigure figure)
    {
        double[] ratios = [.. Pairs.SelectMany(p => p.Changes).Where(c => c.Figure == figure && c.Before > 0 && c.After > 0).Select(c => Math.Log(c.After / c.Before))];
        return ratios.Length == 0 ? null : Math.Exp(ratios.Average()) - 1;
    }

    private static ProfileRow? Take(List<ProfileRow> from, ProfileRow like, Func<ProfileRow, bool> fits)
    {
        var configuration = ProfileConfiguration.Of(like);
        var found = from.Where(r => fits(r) && ProfileConfiguration.Of(r) == configuration).ToList();
        if (found.Count != 1)
        {
            return null;
        }

        from.RemoveAll(r => ReferenceEquals(r, found[0]));
        return found[0];
    }

    private static IEnumerable<string> Machines(ProfilePair[] pairs)
    {
        var machines = pairs.Where(p => p.Before.Machine is not null && p.After.Machine is not null).Select(p => (Before: p.Before.Machine!, After: p.After.Machine!)).ToList();
        int without = pairs.Length - machines.Count;
        if (without > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"pairs that do not say which machine they ran on: {without} of {pairs.Length}");
        }

        (string What, Func<ProfileMachine, string> Of)[] parts =
        [
            ("processors", m => m.Cpu), ("boards", m => m.Board ?? ""), ("numbers of cores", m => m.Cores.ToString(CultureInfo.InvariantCulture)), ("architectures", m => m.Architecture),
            ("kernels", m => m.Kernels), ("systems", m => m.System), ("governors", m => m.Governor ?? ""), ("versions of EdgeVision", m => m.EdgeVision),
            ("versions of ONNX Runtime", m => m.OnnxRuntime), ("versions of .NET", m => m.Dotnet),
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
