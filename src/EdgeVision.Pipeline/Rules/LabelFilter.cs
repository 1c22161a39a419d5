namespace EdgeVision.Pipeline.Rules;

/// <summary>Filters detections by label, with their tracks. The filtered copy is reused from frame to frame.</summary>
internal sealed class LabelFilter
{
    private readonly HashSet<string>? _labels;
    private readonly Detections _kept = new();
    private IReadOnlyList<string>? _names;
    private bool[] _matches = [];

    /// <param name="labels">Labels, case-insensitive; null or empty for all.</param>
    public LabelFilter(IReadOnlyCollection<string>? labels) =>
        _labels = labels is { Count: > 0 } ? new HashSet<string>(labels, StringComparer.OrdinalIgnoreCase) : null;

    /// <summary>Returns the boxes, scores, classes and tracks of the detections that pass; valid until the next call.</summary>
    public Detections Filter(Detections detections)
    {
        if (_labels is null)
        {
            return detections;
        }

        _kept.Clear();
        _kept.Labels = detections.Labels;
        if (detections.HasTracks)
        {
            _kept.ClearTracks();
        }

        for (int i = 0; i < detections.Count; i++)
        {
            if (Matches(detections, i))
            {
                int kept = _kept.Add(detections.Boxes[i], detections.Scores[i], detections.ClassIds[i]);
                if (detections.HasTracks && detections.TrackIds[i] > 0)
                {
                    _kept.SetTrackId(kept, detections.TrackIds[i]);
                }
            }
        }

        return _kept;
    }

    /// <summary>Gets whether detection <paramref name="index"/> has one of the labels.</summary>
    public bool Matches(Detections detections, int index)
    {
        if (_labels is null)
        {
            return true;
        }

        if (!ReferenceEquals(_names, detections.Labels))
        {
            _names = detections.Labels;
            _matches = [.. _names.Select(_labels.Contains)];
        }

        int id = detections.ClassIds[index];
        return (uint)id < (uint)_matches.Length ? _matches[id] : _labels.Contains(detections.GetClassLabel(id));
    }

    /// <summary>Returns the label of the detection on track <paramref name="id"/>; null if there is none.</summary>
    public static string? GetTrackLabel(Detections detections, int id)
    {
        int index = detections.TrackIds.IndexOf(id);
        return index < 0 ? null : detections.GetLabel(index);
    }
}
