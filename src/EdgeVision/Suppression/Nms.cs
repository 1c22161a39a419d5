using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace EdgeVision.Suppression;

/// <summary>Greedy non-maximum suppression of axis-aligned boxes, by torchvision's rules (nms_kernel.cpp).</summary>
/// <remarks>
/// A box is suppressed when its IoU with a better box is above the threshold; at equal scores the lower index wins. Boxes are float32,
/// areas without +1; an IoU that is NaN (two boxes without area) suppresses nothing. An instance serves one thread at a time and allocates
/// nothing once its buffers have grown.
/// </remarks>
public sealed unsafe class NonMaxSuppression
{
    private const int MinBoxesForStrips = 512, MaxStrips = 64, MaxStripCells = 1 << 20;
    private const int FieldsPerBox = 6;
    private float[] _stripData = [];
    private ulong[] _keys = [];
    private ulong[] _spare = [];
    private int[] _kept = [];

    /// <summary>Returns the indices of the boxes that are kept, by descending score; at most <paramref name="limit"/> are kept.</summary>
    /// <param name="boxes">Corners in pixels, [count].</param>
    /// <param name="scores">Scores, [count]; no NaN.</param>
    /// <param name="threshold">IoU above which the lower-scored box is suppressed.</param>
    /// <param name="limit">Maximum number of boxes kept.</param>
    /// <param name="maxCandidates">Maximum number of boxes considered, best first (Ultralytics: 30,000).</param>
    public ReadOnlySpan<int> Run(
        ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, float threshold, int limit = int.MaxValue, int maxCandidates = int.MaxValue) =>
        Run(boxes, scores, default, 0, threshold, limit, maxCandidates);

    /// <summary>Returns the indices of the boxes that are kept, with suppression class by class, by descending score.</summary>
    /// <remarks>
    /// As in torchvision and Ultralytics, each box is moved by <c>class * offset</c> in float32 before the IoU, so that boxes of different
    /// classes never overlap. With an offset of 0 nothing is moved and the classes are compared instead.
    /// </remarks>
    public ReadOnlySpan<int> Run(ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> classIds, float offset,
        float threshold, int limit = int.MaxValue, int maxCandidates = int.MaxValue)
    {
        int n = boxes.Length;
        if (scores.Length != n || !classIds.IsEmpty && classIds.Length != n)
        {
            throw new ArgumentException(
                $"boxes, scores and class ids must have the same length; got {boxes.Length}, {scores.Length} and {classIds.Length}");
        }

        Reserve(n);
        SortByScore(scores, _keys, _spare);
        return Run(boxes, classIds, offset, threshold, limit, Math.Min(n, maxCandidates));
    }

    // Number of boxes in a block of a strip. A block holds one vector for each field, one behind the other, so that all values that a
    // candidate is compared with are adjacent in memory.
    private static int BlockSize => Vector512.IsHardwareAccelerated ? 16 : 8;

    // With many boxes, the kept ones are stored in vertical strips about as wide as a box, and a candidate is compared only with the boxes
    // of its own strips. Boxes that share no strip share no column, so their overlap is 0. The strip index never decreases as x grows, so
    // no overlap is missed.
    private ReadOnlySpan<int> Run(ReadOnlySpan<Box> boxes, ReadOnlySpan<int> classIds, float offset, float threshold, int limit, int n)
    {
        var (least, scale, strips) = n < MinBoxesForStrips ? (0, 0, 1) : ComputeStrips(boxes, classIds, offset);
        int stride = FieldsPerBox * ((n + BlockSize - 1) & -BlockSize), kept = 0, last = strips - 1;
        if (_stripData.Length < strips * stride)
        {
            _stripData = new float[strips * stride];
        }

        Span<int> counts = stackalloc int[MaxStrips];
        counts.Clear();
        bool byClass = !classIds.IsEmpty && offset == 0;
        fixed (float* data = _stripData)
        {
            for (int k = 0; k < n && kept < limit; k++)
            {
                int index = (int)(uint)_keys[k];
                float shift = classIds.IsEmpty ? 0 : classIds[index] * offset;
                var box = new Candidate(boxes[index], shift, byClass ? classIds[index] : 0);
                int from = GetStrip(box.X1, least, scale, last), to = GetStrip(box.X2, least, scale, last);
                bool suppressed = false;
                for (int s = from; s <= to && !suppressed; s++)
                {
                    suppressed = IsSuppressed(data + (nint)s * stride, counts[s], box, threshold);
                }

                if (suppressed)
                {
                    continue;
                }

                for (int s = from; s <= to; s++)
                {
                    Store(data + (nint)s * stride, counts[s]++, box);
                }

                _kept[kept++] = index;
            }
        }

        return _kept.AsSpan(0, kept);
    }

    private static void Store(float* strip, int at, in Candidate box)
    {
        int within = at & (BlockSize - 1);
        float* block = strip + (at - within) * FieldsPerBox;
        if (within == 0)
        {
            // Comparisons read whole vectors: unused lanes have no area, so they overlap nothing, and a class of NaN, which equals no
            // class.
            new Span<float>(block, (FieldsPerBox - 1) * BlockSize).Clear();
            new Span<float>(block + (FieldsPerBox - 1) * BlockSize, BlockSize).Fill(float.NaN);
        }

        block += within;
        (block[0], block[BlockSize], block[2 * BlockSize], block[3 * BlockSize], block[4 * BlockSize], block[5 * BlockSize]) =
            (box.X1, box.Y1, box.X2, box.Y2, box.Area, box.Class);
    }

    private static (float Least, float Scale, int Strips) ComputeStrips(ReadOnlySpan<Box> boxes, ReadOnlySpan<int> classIds, float offset)
    {
        // A NaN corner makes the sum of the widths NaN, whatever the processor's minimum and maximum make of it.
        int n = boxes.Length;
        float least = float.PositiveInfinity, most = float.NegativeInfinity;
        double width = 0;
        for (int k = 0; k < n; k++)
        {
            ref readonly var box = ref boxes[k];
            float shift = classIds.IsEmpty ? 0 : classIds[k] * offset;
            least = float.MinNative(least, box.X1 + shift);
            most = float.MaxNative(most, box.X2 + shift);
            width += box.Width;
        }

        double extent = (double)most - least;
        int room = Math.Clamp(MaxStripCells / n, 1, MaxStrips), strips = (int)Math.Clamp(extent * n / width, 1, room);
        float scale = (float)(strips / extent);
        return double.IsFinite(extent) && double.IsFinite(width) && width > 0 && extent > 0 && float.IsFinite(scale)
            ? (least, scale, strips)
            : (0, 0, 1);
    }

    // NaN maps to strip 0; such a box suppresses nothing and nothing suppresses it.
    private static int GetStrip(float x, float least, float scale, int last) => (int)Math.Clamp((x - least) * scale, 0, last);

    /// <summary>Suppresses boxes that passed the score gate by OpenCV's rules (<see cref="NmsConvention.OpenCv"/>).</summary>
    /// <remarks>Overlaps are computed in double, and the threshold is multiplied by <paramref name="eta"/> after each box kept.</remarks>
    internal ReadOnlySpan<int> RunOpenCv(
        ReadOnlySpan<Box> boxes,
        ReadOnlySpan<float> scores,
        ReadOnlySpan<int> classIds,
        float threshold,
        float eta,
        int limit,
        int topK)
    {
        Reserve(boxes.Length);
        SortByScore(scores, _keys);
        int n = Math.Min(boxes.Length, topK), kept = 0;
        for (int k = 0; k < n && kept < limit; k++)
        {
            int index = (int)(uint)_keys[k];
            bool stays = true;
            for (int j = 0; j < kept && stays; j++)
            {
                stays = !classIds.IsEmpty && classIds[_kept[j]] != classIds[index]
                    || OpenCvOverlap(boxes[index], boxes[_kept[j]]) <= threshold;
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

    // cv::jaccardDistance on Rect2d made of a corner and float32 sides.
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

    /// <summary>
    /// Fills <paramref name="keys"/> sorted by descending score; uses <paramref name="spare"/>, of the same length, as a buffer.
    /// </summary>
    /// <remarks>Many scores are sorted by a radix sort, in linear time.</remarks>
    private static void SortByScore(ReadOnlySpan<float> scores, ulong[] keys, ulong[] spare)
    {
        const int Least = 128, Bits = 8, Digits = 1 << Bits, Passes = 4;
        if (scores.Length < Least)
        {
            SortByScore(scores, keys);
            return;
        }

        int n = scores.Length;
        FillKeys(scores, keys);
        Span<int> starts = stackalloc int[Passes * Digits];
        starts.Clear();
        for (int i = 0; i < n; i++)
        {
            uint score = (uint)(keys[i] >> 32);
            starts[(int)(score & (Digits - 1))]++;
            starts[Digits + (int)(score >> Bits & (Digits - 1))]++;
            starts[2 * Digits + (int)(score >> 2 * Bits & (Digits - 1))]++;
            starts[3 * Digits + (int)(score >> 3 * Bits)]++;
        }

        // Stable from the lowest digit up, so that the lower index stays first at ties.
        var (from, to) = (keys, spare);
        for (int digit = 0; digit < Passes; digit++)
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

            (from, to) = (to, from); // four passes, so the result ends up in keys
        }
    }

    /// <summary>
    /// Fills <paramref name="keys"/> with (inverted score, index) pairs sorted by descending score, the lower index first.
    /// </summary>
    internal static void SortByScore(ReadOnlySpan<float> scores, Span<ulong> keys)
    {
        FillKeys(scores, keys);
        keys[..scores.Length].Sort();
    }

    private static void FillKeys(ReadOnlySpan<float> scores, Span<ulong> keys)
    {
        for (int i = 0; i < scores.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(scores[i] + 0f); // -0 and 0 tie
            bits = (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
            keys[i] = ((ulong)~bits << 32) | (uint)i;
        }
    }

    // Compares a candidate with all kept boxes of a strip, one vector of boxes at a time. inter > threshold * union would round differently
    // from the reference's division. But where the quotient is above the threshold, the rounded product is at most inter, because rounding
    // preserves order. So the product tells where a division is needed at all, which is rare. A NaN corner makes the union NaN as well, and
    // no comparison with NaN is true; so the processor's plain minimum and maximum are sufficient.
    private static bool IsSuppressed(float* strip, int kept, in Candidate box, float threshold)
    {
        for (int i = 0; i < kept; i += BlockSize, strip += FieldsPerBox * BlockSize)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                var (inter, union) = IntersectionAndUnion512(strip, box);
                if (Vector512.GreaterThanOrEqualAny(inter, union * Vector512.Create(threshold)))
                {
                    var hit = Vector512.GreaterThan(inter / union, Vector512.Create(threshold))
                        & Vector512.Equals(Vector512.Load(strip + 5 * BlockSize), Vector512.Create(box.Class));
                    if (hit.AsInt32() != Vector512<int>.Zero)
                    {
                        return true;
                    }
                }
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                var (inter, union) = IntersectionAndUnion256(strip, box);
                if (Vector256.GreaterThanOrEqualAny(inter, union * Vector256.Create(threshold)))
                {
                    var hit = Vector256.GreaterThan(inter / union, Vector256.Create(threshold))
                        & Vector256.Equals(Vector256.Load(strip + 5 * BlockSize), Vector256.Create(box.Class));
                    if (hit.AsInt32() != Vector256<int>.Zero)
                    {
                        return true;
                    }
                }
            }
            else if (Vector128.IsHardwareAccelerated)
            {
                for (float* half = strip; half < strip + BlockSize; half += 4)
                {
                    var (inter, union) = IntersectionAndUnion128(half, box);
                    if (Vector128.GreaterThanOrEqualAny(inter, union * Vector128.Create(threshold)))
                    {
                        var hit = Vector128.GreaterThan(inter / union, Vector128.Create(threshold))
                            & Vector128.Equals(Vector128.Load(half + 5 * BlockSize), Vector128.Create(box.Class));
                        if (hit.AsInt32() != Vector128<int>.Zero)
                        {
                            return true;
                        }
                    }
                }
            }
            else
            {
                for (float* one = strip; one < strip + Math.Min(BlockSize, kept - i); one++)
                {
                    float w = MathF.Max(MathF.Min(one[2 * BlockSize], box.X2) - MathF.Max(one[0], box.X1), 0);
                    float h = MathF.Max(MathF.Min(one[3 * BlockSize], box.Y2) - MathF.Max(one[BlockSize], box.Y1), 0);
                    float inter = w * h;
                    if (one[5 * BlockSize] == box.Class && inter / (one[4 * BlockSize] + box.Area - inter) > threshold)
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Inter, Vector512<float> Union) IntersectionAndUnion512(float* at, in Candidate box)
    {
        var w = Vector512.MinNative(Vector512.Load(at + 2 * BlockSize), Vector512.Create(box.X2))
            - Vector512.MaxNative(Vector512.Load(at), Vector512.Create(box.X1));
        var h = Vector512.MinNative(Vector512.Load(at + 3 * BlockSize), Vector512.Create(box.Y2))
            - Vector512.MaxNative(Vector512.Load(at + BlockSize), Vector512.Create(box.Y1));
        var inter = Vector512.MaxNative(w, Vector512<float>.Zero) * Vector512.MaxNative(h, Vector512<float>.Zero);
        return (inter, Vector512.Load(at + 4 * BlockSize) + Vector512.Create(box.Area) - inter);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> Inter, Vector256<float> Union) IntersectionAndUnion256(float* at, in Candidate box)
    {
        var w = Vector256.MinNative(Vector256.Load(at + 2 * BlockSize), Vector256.Create(box.X2))
            - Vector256.MaxNative(Vector256.Load(at), Vector256.Create(box.X1));
        var h = Vector256.MinNative(Vector256.Load(at + 3 * BlockSize), Vector256.Create(box.Y2))
            - Vector256.MaxNative(Vector256.Load(at + BlockSize), Vector256.Create(box.Y1));
        var inter = Vector256.MaxNative(w, Vector256<float>.Zero) * Vector256.MaxNative(h, Vector256<float>.Zero);
        return (inter, Vector256.Load(at + 4 * BlockSize) + Vector256.Create(box.Area) - inter);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<float> Inter, Vector128<float> Union) IntersectionAndUnion128(float* at, in Candidate box)
    {
        var w = Vector128.MinNative(Vector128.Load(at + 2 * BlockSize), Vector128.Create(box.X2))
            - Vector128.MaxNative(Vector128.Load(at), Vector128.Create(box.X1));
        var h = Vector128.MinNative(Vector128.Load(at + 3 * BlockSize), Vector128.Create(box.Y2))
            - Vector128.MaxNative(Vector128.Load(at + BlockSize), Vector128.Create(box.Y1));
        var inter = Vector128.MaxNative(w, Vector128<float>.Zero) * Vector128.MaxNative(h, Vector128<float>.Zero);
        return (inter, Vector128.Load(at + 4 * BlockSize) + Vector128.Create(box.Area) - inter);
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
    }

    /// <summary>Box moved by its class, its area, and its class where classes are compared.</summary>
    private readonly struct Candidate(in Box box, float shift, float classId)
    {
        public readonly float X1 = box.X1 + shift, Y1 = box.Y1 + shift, X2 = box.X2 + shift, Y2 = box.Y2 + shift;
        public readonly float Area = (box.X2 + shift - (box.X1 + shift)) * (box.Y2 + shift - (box.Y1 + shift));
        public readonly float Class = classId;
    }
}
