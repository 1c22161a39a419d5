using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace EdgeVision;

/// <summary>
/// Greedy non-maximum suppression on axis-aligned boxes with reusable memory, in torchvision's convention (nms_kernel.cpp):
/// a box goes when its IoU with a better one is above the threshold, and at equal scores the lower index wins. Boxes are float32, areas without +1; an IoU
/// that is not a number (two boxes without area) suppresses nothing. One instance serves one thread at a time and allocates
/// nothing once its buffers have grown.
/// </summary>
public sealed unsafe class NmsWorkspace
{
    private const int StripsFrom = 512, MostStrips = 64, MostStripCells = 1 << 20;
    private float[] _stripData = [];
    private float[] _x1 = [];
    private float[] _y1 = [];
    private float[] _x2 = [];
    private float[] _y2 = [];
    private float[] _area = [];
    private float[] _class = [];
    private ulong[] _keys = [];
    private ulong[] _spare = [];
    private int[] _kept = [];

    /// <summary>
    /// Indices of the boxes that stay, by descending score. [count] each: corners in pixels, scores; at most
    /// <paramref name="limit"/> are kept.
    /// </summary>
    /// <param name="boxes">Boxes, [count].</param>
    /// <param name="scores">Scores, [count]; no NaN.</param>
    /// <param name="threshold">IoU above which the lower-scored box goes.</param>
    /// <param name="limit">Most boxes kept.</param>
    /// <param name="candidates">Most boxes considered, best first (Ultralytics: 30,000).</param>
    public ReadOnlySpan<int> Run(ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, float threshold, int limit = int.MaxValue, int candidates = int.MaxValue) =>
        Run(boxes, scores, default, 0, threshold, limit, candidates);

    /// <summary>
    /// The same by class, as torchvision and Ultralytics do it: each box is moved by <c>class * offset</c> in float32
    /// before the IoU, so that classes never meet. With an offset of 0 nothing is moved and classes are compared instead.
    /// </summary>
    public ReadOnlySpan<int> Run(ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> classIds, float offset,
        float threshold, int limit = int.MaxValue, int candidates = int.MaxValue)
    {
        int n = boxes.Length;
        if (scores.Length != n || !classIds.IsEmpty && classIds.Length != n)
        {
            throw new ArgumentException("boxes, scores and class ids differ in number");
        }

        Reserve(n);
        Order(scores, _keys, _spare);
        n = Math.Min(n, candidates);
        if (n >= StripsFrom)
        {
            return RunStrips(boxes, classIds, offset, threshold, limit, n);
        }

        int kept = 0;
        bool byClass = !classIds.IsEmpty && offset == 0;
        fixed (float* x1 = _x1, y1 = _y1, x2 = _x2, y2 = _y2, area = _area, kind = _class)
        {
            for (int k = 0; k < n && kept < limit; k++)
            {
                int index = (int)(uint)_keys[k];
                var box = boxes[index];
                float shift = classIds.IsEmpty ? 0 : classIds[index] * offset;
                float bx1 = box.X1 + shift, by1 = box.Y1 + shift, bx2 = box.X2 + shift, by2 = box.Y2 + shift;
                float barea = (bx2 - bx1) * (by2 - by1);
                float bclass = byClass ? classIds[index] : 0;
                if (Suppressed(x1, y1, x2, y2, area, kind, kept, bx1, by1, bx2, by2, barea, bclass, threshold))
                {
                    continue;
                }

                (x1[kept], y1[kept], x2[kept], y2[kept], area[kept], kind[kept]) = (bx1, by1, bx2, by2, barea, bclass);
                _kept[kept++] = index;
            }
        }

        return _kept.AsSpan(0, kept);
    }

    // Many boxes: kept ones stand in vertical strips about as wide as a box, and a candidate is held against those of its own strips only. Boxes
    // that share no strip share no column, and their overlap is 0. The strip of a place never falls as the place grows, so none is missed.
    private ReadOnlySpan<int> RunStrips(ReadOnlySpan<Box> boxes, ReadOnlySpan<int> classIds, float offset, float threshold, int limit, int n)
    {
        var (least, scale, strips) = Strips(boxes, classIds, offset, n);
        int capacity = n, kept = 0, last = strips - 1;
        if (_stripData.Length < 6 * strips * capacity)
        {
            _stripData = new float[6 * strips * capacity];
        }

        Span<int> counts = stackalloc int[MostStrips];
        counts.Clear();
        bool byClass = !classIds.IsEmpty && offset == 0;
        fixed (float* data = _stripData)
        {
            for (int k = 0; k < n && kept < limit; k++)
            {
                int index = (int)(uint)_keys[k];
                var box = boxes[index];
                float shift = classIds.IsEmpty ? 0 : classIds[index] * offset;
                float bx1 = box.X1 + shift, by1 = box.Y1 + shift, bx2 = box.X2 + shift, by2 = box.Y2 + shift;
                float barea = (bx2 - bx1) * (by2 - by1), bclass = byClass ? classIds[index] : 0;
                int from = Strip(bx1, least, scale, last), to = Strip(bx2, least, scale, last);
                bool suppressed = false;
                for (int s = from; s <= to && !suppressed; s++)
                {
                    float* at = data + (long)s * 6 * capacity;
                    suppressed = Suppressed(at, at + capacity, at + 2 * capacity, at + 3 * capacity, at + 4 * capacity, at + 5 * capacity, counts[s], bx1, by1, bx2, by2, barea, bclass, threshold);
                }

                if (suppressed)
                {
                    continue;
                }

                for (int s = from; s <= to; s++)
                {
                    float* at = data + (long)s * 6 * capacity + counts[s]++;
                    (at[0], at[capacity], at[2 * capacity], at[3 * capacity], at[4 * capacity], at[5 * capacity]) = (bx1, by1, bx2, by2, barea, bclass);
                }

                _kept[kept++] = index;
            }
        }

        return _kept.AsSpan(0, kept);
    }

    private (float Least, float Scale, int Strips) Strips(ReadOnlySpan<Box> boxes, ReadOnlySpan<int> classIds, float offset, int n)
    {
        float least = float.PositiveInfinity, most = float.NegativeInfinity;
        double width = 0;
        for (int k = 0; k < n; k++)
        {
            int index = (int)(uint)_keys[k];
            float shift = classIds.IsEmpty ? 0 : classIds[index] * offset;
            least = MathF.Min(least, boxes[index].X1 + shift);
            most = MathF.Max(most, boxes[index].X2 + shift);
            width += boxes[index].Width;
        }

        double extent = (double)most - least;
        int room = Math.Clamp(MostStripCells / n, 1, MostStrips), strips = (int)Math.Clamp(extent * n / width, 1, room);
        float scale = (float)(strips / extent);
        return double.IsFinite(extent) && double.IsFinite(width) && width > 0 && extent > 0 && float.IsFinite(scale) ? (least, scale, strips) : (0, 0, 1);
    }

    // NaN becomes strip 0; such a box suppresses nothing and nothing suppresses it.
    private static int Strip(float x, float least, float scale, int last) => (int)Math.Clamp((x - least) * scale, 0, last);

    /// <summary>OpenCV's rules (<see cref="NmsConvention.OpenCv"/>) on boxes that passed its score gate: overlaps in double, a threshold that shrinks by <paramref name="eta"/>.</summary>
    internal ReadOnlySpan<int> RunOpenCv(ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> classIds, float threshold, float eta, int limit, int topK)
    {
        Reserve(boxes.Length);
        Order(scores, _keys);
        int n = Math.Min(boxes.Length, topK), kept = 0;
        for (int k = 0; k < n && kept < limit; k++)
        {
            int index = (int)(uint)_keys[k];
            bool stays = true;
            for (int j = 0; j < kept && stays; j++)
            {
                stays = !classIds.IsEmpty && classIds[_kept[j]] != classIds[index] || OpenCvOverlap(boxes[index], boxes[_kept[j]]) <= threshold;
            }

            if (!stays)
            {
                continue;
            }

            _kept[kept++] = index;
            if (eta < 1 && threshold > 0.5f)
            {
                threshold *= eta;
            }
        }

        return _kept.AsSpan(0, kept);
    }

    // cv::jaccardDistance on Rect2d made from a corner and float32 sides.
    private static float OpenCvOverlap(in Box a, in Box b)
    {
        double aw = a.Width, ah = a.Height, bw = b.Width, bh = b.Height, areaA = aw * ah, areaB = bw * bh;
        if (areaA + areaB <= 2.220446049250313e-16) // numeric_limits<double>::epsilon()
        {
            return 1;
        }

        double x = Math.Max(a.X1, b.X1), y = Math.Max(a.Y1, b.Y1);
        double w = Math.Min(a.X1 + aw, b.X1 + bw) - x, h = Math.Min(a.Y1 + ah, b.Y1 + bh) - y;
        double inter = aw <= 0 || ah <= 0 || bw <= 0 || bh <= 0 || w <= 0 || h <= 0 ? 0 : w * h;
        return 1f - (float)(1.0 - inter / (areaA + areaB - inter));
    }

    /// <summary>The same with room to sort in, as many keys: many scores are sorted digit by digit then, in time that grows with their number only.</summary>
    private static void Order(ReadOnlySpan<float> scores, ulong[] keys, ulong[] spare)
    {
        const int Least = 256, Bits = 11, Digits = 1 << Bits;
        if (scores.Length < Least)
        {
            Order(scores, keys);
            return;
        }

        int n = scores.Length;
        Keys(scores, keys);
        Span<int> starts = stackalloc int[3 * Digits];
        starts.Clear();
        for (int i = 0; i < n; i++)
        {
            uint score = (uint)(keys[i] >> 32);
            starts[(int)(score & (Digits - 1))]++;
            starts[Digits + (int)(score >> Bits & (Digits - 1))]++;
            starts[2 * Digits + (int)(score >> 2 * Bits)]++;
        }

        // Stable from the lowest digit up, so that the lower index stays first at ties.
        var (from, to) = (keys, spare);
        for (int digit = 0; digit < 3; digit++)
        {
            var next = starts.Slice(digit * Digits, Digits);
            int shift = 32 + digit * Bits, sum = 0;
            for (int i = 0; i < Digits; i++)
            {
                (next[i], sum) = (sum, sum + next[i]);
            }

            for (int i = 0; i < n; i++)
            {
                ulong key = from[i];
                to[next[(int)(key >> shift) & (Digits - 1)]++] = key;
            }

            (from, to) = (to, from);
        }

        from.AsSpan(0, n).CopyTo(keys); // three passes end in the spare room
    }

    /// <summary>Fills <paramref name="keys"/> with (inverted score, index) so that sorting gives descending scores, lower index first.</summary>
    internal static void Order(ReadOnlySpan<float> scores, Span<ulong> keys)
    {
        Keys(scores, keys);
        keys[..scores.Length].Sort();
    }

    private static void Keys(ReadOnlySpan<float> scores, Span<ulong> keys)
    {
        for (int i = 0; i < scores.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(scores[i] + 0f); // -0 and 0 tie
            bits = (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
            keys[i] = ((ulong)~bits << 32) | (uint)i;
        }
    }

    // A candidate against all kept boxes, several at a time. inter > threshold * union would round differently from the
    // reference's division, but where the quotient is above the threshold the product, rounded, is at most inter: rounding keeps
    // order. So the product says where a division is needed at all, which is almost nowhere.
    private static bool Suppressed(float* x1, float* y1, float* x2, float* y2, float* area, float* kind, int kept,
        float bx1, float by1, float bx2, float by2, float barea, float bclass, float threshold)
    {
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            var bound = Vector512.Create(threshold);
            for (; i <= kept - 32; i += 32)
            {
                var (inter0, union0) = Meet(i);
                var (inter1, union1) = Meet(i + 16);
                var near = Vector512.GreaterThanOrEqual(inter0, union0 * bound) | Vector512.GreaterThanOrEqual(inter1, union1 * bound);
                if (near.AsInt32() != Vector512<int>.Zero && (Hit(i, inter0, union0) || Hit(i + 16, inter1, union1)))
                {
                    return true;
                }
            }

            for (; i <= kept - 16; i += 16)
            {
                var (inter, union) = Meet(i);
                if (Vector512.GreaterThanOrEqualAny(inter, union * bound) && Hit(i, inter, union))
                {
                    return true;
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        (Vector512<float> Inter, Vector512<float> Union) Meet(int at)
        {
            var w = Vector512.Min(Vector512.Load(x2 + at), Vector512.Create(bx2)) - Vector512.Max(Vector512.Load(x1 + at), Vector512.Create(bx1));
            var h = Vector512.Min(Vector512.Load(y2 + at), Vector512.Create(by2)) - Vector512.Max(Vector512.Load(y1 + at), Vector512.Create(by1));
            var inter = Vector512.Max(w, Vector512<float>.Zero) * Vector512.Max(h, Vector512<float>.Zero);
            return (inter, Vector512.Load(area + at) + Vector512.Create(barea) - inter);
        }

        bool Hit(int at, Vector512<float> inter, Vector512<float> union)
        {
            var hit = Vector512.GreaterThan(inter / union, Vector512.Create(threshold)) & Vector512.Equals(Vector512.Load(kind + at), Vector512.Create(bclass));
            return hit.AsInt32() != Vector512<int>.Zero;
        }

        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= kept - 8; i += 8)
            {
                var w = Vector256.Min(Vector256.Load(x2 + i), Vector256.Create(bx2)) - Vector256.Max(Vector256.Load(x1 + i), Vector256.Create(bx1));
                var h = Vector256.Min(Vector256.Load(y2 + i), Vector256.Create(by2)) - Vector256.Max(Vector256.Load(y1 + i), Vector256.Create(by1));
                var inter = Vector256.Max(w, Vector256<float>.Zero) * Vector256.Max(h, Vector256<float>.Zero);
                var union = Vector256.Load(area + i) + Vector256.Create(barea) - inter;
                if (Vector256.GreaterThanOrEqualAny(inter, union * Vector256.Create(threshold)))
                {
                    var hit = Vector256.GreaterThan(inter / union, Vector256.Create(threshold)) & Vector256.Equals(Vector256.Load(kind + i), Vector256.Create(bclass));
                    if (hit.AsInt32() != Vector256<int>.Zero)
                    {
                        return true;
                    }
                }
            }
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            for (; i <= kept - 4; i += 4)
            {
                var w = Vector128.Min(Vector128.Load(x2 + i), Vector128.Create(bx2)) - Vector128.Max(Vector128.Load(x1 + i), Vector128.Create(bx1));
                var h = Vector128.Min(Vector128.Load(y2 + i), Vector128.Create(by2)) - Vector128.Max(Vector128.Load(y1 + i), Vector128.Create(by1));
                var inter = Vector128.Max(w, Vector128<float>.Zero) * Vector128.Max(h, Vector128<float>.Zero);
                var union = Vector128.Load(area + i) + Vector128.Create(barea) - inter;
                if (Vector128.GreaterThanOrEqualAny(inter, union * Vector128.Create(threshold)))
                {
                    var hit = Vector128.GreaterThan(inter / union, Vector128.Create(threshold)) & Vector128.Equals(Vector128.Load(kind + i), Vector128.Create(bclass));
                    if (hit.AsInt32() != Vector128<int>.Zero)
                    {
                        return true;
                    }
                }
            }
        }

        for (; i < kept; i++)
        {
            float w = MathF.Max(MathF.Min(x2[i], bx2) - MathF.Max(x1[i], bx1), 0);
            float h = MathF.Max(MathF.Min(y2[i], by2) - MathF.Max(y1[i], by1), 0);
            float inter = w * h;
            if (kind[i] == bclass && inter / (area[i] + barea - inter) > threshold)
            {
                return true;
            }
        }

        return false;
    }

    private void Reserve(int n)
    {
        if (_keys.Length >= n)
        {
            return;
        }

        n = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(n, 64));
        _keys = new ulong[n];
        _spare = new ulong[n];
        _kept = new int[n];
        _x1 = new float[n];
        _y1 = new float[n];
        _x2 = new float[n];
        _y2 = new float[n];
        _area = new float[n];
        _class = new float[n];
    }
}
