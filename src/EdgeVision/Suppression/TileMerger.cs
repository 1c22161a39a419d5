namespace EdgeVision;

/// <summary>What becomes of two boxes of different tiles that show the same thing.</summary>
public enum TileMerge
{
    /// <summary>The better one stays as it is, the other goes (SAHI's NMSPostprocess).</summary>
    Nms,

    /// <summary>The better one is widened by the others that overlap it (SAHI's GreedyNMMPostprocess).</summary>
    Union,

    /// <summary>As <see cref="Union"/>, and what overlaps one of the others joins too, so that a thing longer than a tile becomes one (SAHI's NMMPostprocess).</summary>
    Nmm,
}

/// <summary>By what measure two boxes show the same thing.</summary>
public enum TileMatch
{
    /// <summary>Intersection over the smaller area: a part that a tile's edge cut off lies wholly in the whole.</summary>
    Ios,

    /// <summary>Intersection over union.</summary>
    Iou,
}

/// <summary>
/// Joins detections of overlapping tiles, with the rules of SAHI (Akyon et al. 2022, arXiv 2202.06934; sahi/postprocess/combine.py) in float32:
/// best score first, a box of the same class goes where it matches at or above the threshold, and widens the one that stays where it still matches
/// it above the threshold. The best gives score, class, keypoints and rotation; masks are united. Two differences: boxes without area match
/// nothing (there they vanish), and oriented boxes are compared as the turned rectangles that they are and are not widened. The lower index wins
/// a tie. One instance serves one thread at a time and allocates nothing once its buffers have grown.
/// </summary>
public sealed class TileMerger
{
    private readonly TileMerge _merge;
    private readonly TileMatch _match;
    private readonly float _threshold;
    private readonly bool _classAgnostic;
    private ulong[] _keys = [];
    private int[] _order = [];
    private int[] _owners = [];
    private int[] _next = [];
    private int[] _last = [];
    private Box[] _grown = [];

    /// <summary>Prepares merging.</summary>
    /// <param name="merge">What becomes of boxes that match.</param>
    /// <param name="match">Measure of the match.</param>
    /// <param name="threshold">Measure from which on two boxes show the same thing, above 0 and at most 1.</param>
    /// <param name="classAgnostic">Boxes of different classes may show the same thing too; the better one's class stays.</param>
    public TileMerger(TileMerge merge = TileMerge.Union, TileMatch match = TileMatch.Ios, float threshold = 0.5f, bool classAgnostic = false)
    {
        if (!(threshold is > 0 and <= 1) || !Enum.IsDefined(merge) || !Enum.IsDefined(match))
        {
            throw new ArgumentOutOfRangeException(nameof(threshold), $"the threshold lies above 0 and at most at 1; {threshold} does not");
        }

        (_merge, _match, _threshold, _classAgnostic) = (merge, match, threshold, classAgnostic);
    }

    /// <summary>Merges <paramref name="from"/> into <paramref name="to"/>, best score first.</summary>
    /// <param name="from">Detections of all tiles in any order, masks in the plane of the frame; scores are no NaN.</param>
    /// <param name="to">Emptied and filled; another object than <paramref name="from"/>.</param>
    /// <param name="limit">Most detections kept.</param>
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

    /// <summary>Hands detections on, best score first, without comparing them: nothing was seen twice.</summary>
    internal void Pass(Detections from, Detections to, int limit)
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
            throw new ArgumentException("merging writes to another object than it reads", nameof(to));
        }

        int n = from.Count;
        if (_keys.Length < n)
        {
            int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)n);
            (_keys, _order, _owners, _next, _last, _grown) = (new ulong[size], new int[size], new int[size], new int[size], new int[size], new Box[size]);
        }

        (to.Labels, to.Skeleton) = (from.Labels, from.Skeleton);
        to.Clear(from.KeypointCount, from.HasRotation, from.MaskWidth, from.MaskHeight);
        NmsWorkspace.Order(from.Scores, _keys);
        from.Boxes.CopyTo(_grown);
        for (int k = 0; k < n; k++)
        {
            _order[k] = (int)(uint)_keys[k];
            (_owners[k], _next[k], _last[k]) = (-1, -1, k);
        }
    }

    // Who belongs to whom is decided on the boxes as they came. An owner is its own.
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
            else if (_merge != TileMerge.Nmm)
            {
                continue;
            }

            // SAHI goes through the others from the best on for its greedy rule and from the worst on for the other; the order tells where
            // a widened box still matches. None before k is free.
            bool backwards = _merge == TileMerge.Nmm;
            for (int m = k + 1; m < n; m++)
            {
                int j = _order[backwards ? n - (m - k) : m];
                if (_owners[j] < 0 && (_classAgnostic || from.ClassIds[i] == from.ClassIds[j]) && Overlap(from, i, j) >= _threshold)
                {
                    Take(_owners[i], j);
                }
            }
        }

        for (int k = 0; k < n && _merge != TileMerge.Nms; k++)
        {
            Widen(from, _order[k]);
        }
    }

    private void Take(int owner, int other)
    {
        _owners[other] = owner;
        _next[_last[owner]] = other;
        _last[owner] = other;
    }

    // Boxes that no longer match the widened one go without widening it: they leave the chain.
    private void Widen(Detections from, int owner)
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
            _grown[owner] = new Box(MathF.Min(grown.X1, box.X1), MathF.Min(grown.Y1, box.Y1), MathF.Max(grown.X2, box.X2), MathF.Max(grown.Y2, box.Y2));
            before = j;
        }
    }

    private void Write(Detections from, int i, Detections to)
    {
        int at = to.Add(_grown[i], from.Scores[i], from.ClassIds[i]);
        from.Keypoints(i).CopyTo(to.MutableKeypoints(at));
        if (from.HasRotation)
        {
            to.SetRotated(at, from.RotatedBoxes[i]);
        }

        if (!from.HasMasks)
        {
            return;
        }

        var whole = from.MaskRegion(i);
        for (int j = Mate(i); j >= 0; j = Mate(j))
        {
            whole = Around(whole, from.MaskRegion(j));
        }

        if (whole.Width == 0 || whole.Height == 0)
        {
            return;
        }

        var mask = to.AddMask(at, whole.X, whole.Y, whole.Width, whole.Height);
        for (int j = i; j >= 0; j = Mate(j))
        {
            var part = from.MaskRegion(j);
            var bytes = from.Mask(j);
            for (int y = 0; y < part.Height && part.Width > 0; y++)
            {
                var row = mask.Slice((part.Y - whole.Y + y) * whole.Width + part.X - whole.X, part.Width);
                System.Numerics.Tensors.TensorPrimitives.BitwiseOr(row, bytes.Slice(y * part.Width, part.Width), row);
            }
        }
    }

    // The next that widens the same box; none where the worse are only dropped.
    private int Mate(int i) => _merge == TileMerge.Nms ? -1 : _next[i];

    private static MaskRegion Around(in MaskRegion a, in MaskRegion b)
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
        return _match == TileMatch.Iou ? iou : iou / (1 + iou) * (areaP + areaQ) / MathF.Min(areaP, areaQ);
    }

    private float Overlap(in Box a, in Box b)
    {
        float inter = MathF.Max(MathF.Min(a.X2, b.X2) - MathF.Max(a.X1, b.X1), 0) * MathF.Max(MathF.Min(a.Y2, b.Y2) - MathF.Max(a.Y1, b.Y1), 0);
        float areaA = a.Width * a.Height, areaB = b.Width * b.Height;
        return inter / (_match == TileMatch.Ios ? MathF.Min(areaA, areaB) : areaB - inter + areaA);
    }
}
