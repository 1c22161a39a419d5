namespace EdgeVision.Retrieval;

/// <summary>Bounded heap of the best matches so far, in memory owned by the caller.</summary>
/// <remarks>
/// The worst match is on top, so that most candidates cost one comparison. Scores are nearness (higher is better); ties go to the entry
/// inserted first.
/// </remarks>
internal ref struct TopMatches(Span<EmbeddingMatch> room, float least)
{
    private readonly Span<EmbeddingMatch> _room = room;

    /// <summary>Number of matches.</summary>
    public int Count { get; private set; }

    /// <summary>Returns whether a candidate would be added.</summary>
    public readonly bool Accepts(float nearness, long order) => nearness >= least
        && (Count < _room.Length || _room.Length > 0 && IsBetter(nearness, order, _room[0]));

    /// <summary>Minimum nearness that a candidate needs.</summary>
    public readonly float MinNearness => Count < _room.Length || _room.Length == 0 ? least : MathF.Max(least, _room[0].Score);

    /// <summary>Adds a candidate for which <see cref="Accepts"/> is true.</summary>
    public void Add(in EmbeddingMatch match)
    {
        if (Count == _room.Length)
        {
            _room[0] = match;
            SiftDown(Count);
            return;
        }

        int at = Count++;
        _room[at] = match;
        while (at > 0 && IsBetter(_room[(at - 1) / 2], _room[at]))
        {
            (_room[at], _room[(at - 1) / 2]) = (_room[(at - 1) / 2], _room[at]);
            at = (at - 1) / 2;
        }
    }

    /// <summary>Sorts the matches, best first. Destroys the heap order.</summary>
    public readonly void Sort()
    {
        for (int end = Count - 1; end > 0; end--)
        {
            (_room[0], _room[end]) = (_room[end], _room[0]);
            SiftDown(end);
        }
    }

    private readonly void SiftDown(int count)
    {
        for (int at = 0; ;)
        {
            int worst = at, left = 2 * at + 1, right = left + 1;
            if (left < count && IsBetter(_room[worst], _room[left]))
            {
                worst = left;
            }

            if (right < count && IsBetter(_room[worst], _room[right]))
            {
                worst = right;
            }

            if (worst == at)
            {
                return;
            }

            (_room[at], _room[worst]) = (_room[worst], _room[at]);
            at = worst;
        }
    }

    private static bool IsBetter(in EmbeddingMatch a, in EmbeddingMatch b) => IsBetter(a.Score, a.Order, b);

    private static bool IsBetter(float nearness, long order, in EmbeddingMatch than) =>
        nearness > than.Score || nearness == than.Score && order < than.Order;
}
