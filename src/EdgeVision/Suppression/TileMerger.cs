using EdgeVision.Geometry;

namespace EdgeVision.Suppression;

/// <summary>Merges detections of overlapping tiles by the rules of SAHI (Akyon et al. 2022, arXiv 2202.06934), in float32.</summary>
/// <remarks>
/// Source: sahi/postprocess/combine.py. Boxes are taken best score first. A box of the same class is merged where it matches at or above
/// the threshold, and it extends the kept box where it still matches that box above the threshold. The best box provides score, class,
/// keypoints and rotation; masks are united. Two differences from SAHI: boxes without area match nothing (SAHI drops them), and oriented
/// boxes are compared as rotated rectangles and are not extended. The lower index wins a tie. An instance serves one thread at a time and
/// allocates nothing once its buffers have grown.
/// </remarks>
public sealed class TileMerger
{
    private readonly TileMergeMode _merge;
    private readonly TileMatchMetric _match;
    private readonly float _threshold;
    private readonly bool _classAgnostic;
    private ulong[] _keys = [];
    private int[] _order = [];
    private int[] _owners = [];
    private int[] _next = [];
    private int[] _last = [];
    private Box[] _grown = [];

    /// <summary>Initializes merging.</summary>
    /// <param name="merge">How matching boxes are merged.</param>
    /// <param name="match">Measure of the overlap.</param>
    /// <param name="threshold">Overlap from which two boxes show the same object, above 0 and at most 1.</param>
    /// <param name="classAgnostic">Also match boxes of different classes; the class of the better box is kept.</param>
    public TileMerger(TileMergeMode merge = TileMergeMode.Union, TileMatchMetric match = TileMatchMetric.Ios, float threshold = 0.5f,
        bool classAgnostic = false)
    {
        if (!(threshold is > 0 and <= 1) || !Enum.IsDefined(merge) || !Enum.IsDefined(match))
        {
            throw new ArgumentOutOfRangeException(
                nameof(threshold),
                $"the threshold must be above 0 and at most 1 and the modes must be defined; got {threshold}, {merge} and {match}");
        }

        (_merge, _match, _threshold, _classAgnostic) = (merge, match, threshold, classAgnostic);
    }

    /// <summary>Merges <paramref name="from"/> into <paramref name="to"/>, best score first.</summary>
    /// <param name="from">Detections of all tiles in any order, with masks in the plane of the frame; scores must not be NaN.</param>
    /// <param name="to">Cleared and filled; must be another object than <paramref name="from"/>.</param>
    /// <param name="limit">Maximum number of detections kept.</param>
    public void Run(Detections from, Detections to, int limit = int.MaxValue)
    {
        Prepare(from, to);
        Group(from);
        int written = 0;
        for (int k = 0; k < from.Count && written < limit; k++)
        {
            int i = _order[k];
            if (_owners[i] == i)
            {
                Write(from, i, to);
                written++;
            }
        }
    }

    /// <summary>Copies detections, best score first, without comparing them; for frames that were not split into tiles.</summary>
    internal void CopySorted(Detections from, Detections to, int limit)
    {
        Prepare(from, to);
        for (int k = 0; k < Math.Min(from.Count, limit); k++)
        {
            Write(from, _order[k], to);
        }
    }

    private void Prepare(Detections from, Detections to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (ReferenceEquals(from, to))
        {
            throw new ArgumentException("the source and the destination must be different objects", nameof(to));
        }

        int n = from.Count;
        if (_keys.Length < n)
        {
            int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)n);
            (_keys, _order, _owners, _next, _last, _grown) =
                (new ulong[size], new int[size], new int[size], new int[size], new int[size], new Box[size]);
        }

        (to.Labels, to.Skeleton) = (from.Labels, from.Skeleton);
        to.Clear(from.KeypointCount, from.HasRotation, from.MaskWidth, from.MaskHeight);
        NonMaxSuppression.SortByScore(from.Scores, _keys);
        from.Boxes.CopyTo(_grown);
        for (int k = 0; k < n; k++)
        {
            _order[k] = (int)(uint)_keys[k];
            (_owners[k], _next[k], _last[k]) = (-1, -1, k);
        }
    }

    // Groups are formed on the original boxes. The owner of a group owns itself.
    private void Group(Detections from)
    {
        int n = from.Count;
        for (int k = 0; k < n; k++)
        {
            int i = _order[k];
            if (_owners[i] < 0)
            {
                _owners[i] = i;
            }
            else if (_merge != TileMergeMode.Nmm)
            {
                continue;
            }

            // SAHI compares the other boxes from best to worst in its greedy mode and from worst to best in the other mode; the order
            // decides where an extended box still matches. All boxes before k are assigned already.
            bool backwards = _merge == TileMergeMode.Nmm;
            for (int m = k + 1; m < n; m++)
            {
                int j = _order[backwards ? n - (m - k) : m];
                if (_owners[j] < 0 && (_classAgnostic || from.ClassIds[i] == from.ClassIds[j]) && Overlap(from, i, j) >= _threshold)
                {
                    AddToGroup(_owners[i], j);
                }
            }
        }

        for (int k = 0; k < n && _merge != TileMergeMode.Nms; k++)
        {
            ExtendBox(from, _order[k]);
        }
    }

    private void AddToGroup(int owner, int other)
    {
        _owners[other] = owner;
        _next[_last[owner]] = other;
        _last[owner] = other;
    }

    // Boxes that no longer match the extended box are dropped without extending it: they are unlinked from the group.
    private void ExtendBox(Detections from, int owner)
    {
        if (_owners[owner] != owner)
        {
            return;
        }

        int before = owner;
        for (int j = _next[owner]; j >= 0; j = _next[j])
        {
            var box = from.Boxes[j];
            if (from.HasRotation || !(Overlap(_grown[owner], box) > _threshold))
            {
                _next[before] = _next[j];
                continue;
            }

            var grown = _grown[owner];
            _grown[owner] = new Box(
                MathF.Min(grown.X1, box.X1), MathF.Min(grown.Y1, box.Y1), MathF.Max(grown.X2, box.X2), MathF.Max(grown.Y2, box.Y2));
            before = j;
        }
    }

    private void Write(Detections from, int i, Detections to)
    {
        int at = to.Add(_grown[i], from.Scores[i], from.ClassIds[i]);
        from.GetKeypoints(i).CopyTo(to.GetMutableKeypoints(at));
        if (from.HasRotation)
        {
            to.SetRotatedBox(at, from.RotatedBoxes[i]);
        }

        if (!from.HasMasks)
        {
            return;
        }

        var whole = from.GetMaskRegion(i);
        for (int j = GetNextMember(i); j >= 0; j = GetNextMember(j))
        {
            whole = GetBoundingRegion(whole, from.GetMaskRegion(j));
        }

        if (whole.Width == 0 || whole.Height == 0)
        {
            return;
        }

        var mask = to.AddMask(at, whole.X, whole.Y, whole.Width, whole.Height);
        for (int j = i; j >= 0; j = GetNextMember(j))
        {
            var part = from.GetMaskRegion(j);
            var bytes = from.GetMask(j);
            for (int y = 0; y < part.Height && part.Width > 0; y++)
            {
                var row = mask.Slice((part.Y - whole.Y + y) * whole.Width + part.X - whole.X, part.Width);
                System.Numerics.Tensors.TensorPrimitives.BitwiseOr(row, bytes.Slice(y * part.Width, part.Width), row);
            }
        }
    }

    // Next member of the group, or -1; always -1 where the worse boxes are dropped.
    private int GetNextMember(int i) => _merge == TileMergeMode.Nms ? -1 : _next[i];

    private static MaskRegion GetBoundingRegion(in MaskRegion a, in MaskRegion b)
    {
        if (a.Width == 0 || a.Height == 0)
        {
            return b;
        }

        if (b.Width == 0 || b.Height == 0)
        {
            return a;
        }

        int x = Math.Min(a.X, b.X), y = Math.Min(a.Y, b.Y);
        return new MaskRegion(x, y, Math.Max(a.X + a.Width, b.X + b.Width) - x, Math.Max(a.Y + a.Height, b.Y + b.Height) - y, 0);
    }

    private float Overlap(Detections from, int i, int j)
    {
        if (!from.HasRotation)
        {
            return Overlap(from.Boxes[i], from.Boxes[j]);
        }

        var (p, q) = (from.RotatedBoxes[i], from.RotatedBoxes[j]);
        float iou = RotatedOverlap.Iou(p, q), areaP = p.Width * p.Height, areaQ = q.Width * q.Height;
        return _match == TileMatchMetric.Iou ? iou : iou / (1 + iou) * (areaP + areaQ) / MathF.Min(areaP, areaQ);
    }

    private float Overlap(in Box a, in Box b)
    {
        float inter = MathF.Max(MathF.Min(a.X2, b.X2) - MathF.Max(a.X1, b.X1), 0)
            * MathF.Max(MathF.Min(a.Y2, b.Y2) - MathF.Max(a.Y1, b.Y1), 0);
        float areaA = a.Width * a.Height, areaB = b.Width * b.Height;
        return inter / (_match == TileMatchMetric.Ios ? MathF.Min(areaA, areaB) : areaB - inter + areaA);
    }
}
