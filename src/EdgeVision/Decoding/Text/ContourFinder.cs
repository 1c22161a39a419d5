using System.Numerics;

namespace EdgeVision.Decoding.Text;

/// <summary>Finds the contours of the cells above a threshold, as OpenCV's findContours lists them (Suzuki and Abe 1985).</summary>
/// <remarks>
/// There is one contour around each group of cells that touch at a side or a corner, and one around each hole, made of the cells around it.
/// Runs of adjacent cells in a row are joined instead of following borders; for each contour only the first and last cell of each row are
/// kept, which is all that its convex hull is computed from. An instance serves one thread at a time and allocates nothing once its buffers
/// have grown.
/// </remarks>
internal sealed class ContourFinder
{
    private int[] _row = [], _from = [], _to = [], _parent = [], _next = [], _last = [], _contours = [];
    private bool[] _isForeground = [];
    private int[] _left = [], _right = [];
    private int _count;

    /// <summary>First and last column of each row of a contour.</summary>
    public readonly ref struct Contour(int top, ReadOnlySpan<int> left, ReadOnlySpan<int> right)
    {
        /// <summary>Gets the first row.</summary>
        public int Top { get; } = top;

        /// <summary>Gets the first column of each row, [rows].</summary>
        public ReadOnlySpan<int> Left { get; } = left;

        /// <summary>Gets the last column of each row, [rows].</summary>
        public ReadOnlySpan<int> Right { get; } = right;
    }

    /// <summary>Finds the contours of <paramref name="map"/>, [height, width], above <paramref name="threshold"/>.</summary>
    /// <returns>Number of contours. The bottommost come first, as in OpenCV's list.</returns>
    public int Find(ReadOnlySpan<float> map, int width, int height, float threshold)
    {
        // Run 0 is everything around the map; background that touches it is not a hole.
        _count = 0;
        Reserve(1);
        Add(-1, 0, 0, ink: false);
        int above = 1;
        for (int y = 0; y < height; y++)
        {
            int first = _count;
            Reserve(first + width);
            FindRuns(map.Slice(y * width, width), y, threshold);
            for (int run = first; run < _count; run++)
            {
                if (!_isForeground[run] && (y == 0 || y == height - 1 || _from[run] == 0 || _to[run] == width))
                {
                    Join(0, run);
                }
            }

            Join(above, first, _count);
            above = first;
        }

        return LinkRuns();
    }

    /// <summary>Gets one of the contours; valid until the next call.</summary>
    public Contour this[int contour]
    {
        get
        {
            int root = _contours[contour], edge = _isForeground[root] ? 0 : 1;
            int top = _row[root] - edge, rows = _row[_last[root]] + edge - top + 1;
            if (_left.Length < rows)
            {
                (_left, _right) =
                    (new int[BitOperations.RoundUpToPowerOf2((uint)rows)], new int[BitOperations.RoundUpToPowerOf2((uint)rows)]);
            }

            _left.AsSpan(0, rows).Fill(int.MaxValue);
            _right.AsSpan(0, rows).Fill(int.MinValue);
            for (int run = root; run >= 0; run = _next[run])
            {
                int row = _row[run] - top, from = _from[run], to = _to[run] - 1;
                Extend(row, from - edge, to + edge);
                if (edge == 1)
                {
                    Extend(row - 1, from, to);
                    Extend(row + 1, from, to);
                }
            }

            return new Contour(top, _left.AsSpan(0, rows), _right.AsSpan(0, rows));
        }
    }

    private void Extend(int row, int from, int to) => (_left[row], _right[row]) = (Math.Min(_left[row], from), Math.Max(_right[row], to));

    private void FindRuns(ReadOnlySpan<float> row, int y, float threshold)
    {
        var limit = new Vector<float>(threshold);
        for (int from = 0; from < row.Length;)
        {
            bool ink = row[from] > threshold;
            int to = from + 1;
            for (; to <= row.Length - Vector<float>.Count; to += Vector<float>.Count)
            {
                var values = new Vector<float>(row[to..]);
                if (ink ? !Vector.GreaterThanAll(values, limit) : Vector.GreaterThanAny(values, limit))
                {
                    break;
                }
            }

            while (to < row.Length && row[to] > threshold == ink)
            {
                to++;
            }

            Add(y, from, to, ink);
            from = to;
        }
    }

    // Runs of adjacent rows: foreground is connected at corners too, background only at sides.
    private void Join(int above, int first, int end)
    {
        int start = above;
        for (int run = first; run < end; run++)
        {
            while (start < first && _to[start] < _from[run])
            {
                start++;
            }

            int reach = _isForeground[run] ? 0 : 1;
            for (int other = start; other < first && _from[other] + reach <= _to[run]; other++)
            {
                if (_isForeground[other] == _isForeground[run] && _to[other] - reach >= _from[run])
                {
                    Join(other, run);
                }
            }
        }
    }

    private void Join(int a, int b)
    {
        (a, b) = (FindRoot(a), FindRoot(b));
        _parent[Math.Max(a, b)] = Math.Min(a, b); // so that the root is the first run of its group
    }

    private int FindRoot(int run)
    {
        while (_parent[run] != run)
        {
            run = _parent[run] = _parent[_parent[run]];
        }

        return run;
    }

    // Links the runs of each group in their order.
    private int LinkRuns()
    {
        int contours = 0;
        for (int run = 1; run < _count; run++)
        {
            int root = FindRoot(run);
            _next[run] = -1;
            if (root == run)
            {
                _contours[contours++] = run;
            }
            else
            {
                _next[_last[root]] = run;
            }

            _last[root] = run;
        }

        _contours.AsSpan(0, contours).Reverse();
        return contours;
    }

    private void Add(int row, int from, int to, bool ink)
    {
        int run = _count++;
        (_row[run], _from[run], _to[run], _isForeground[run], _parent[run], _last[run], _next[run]) = (row, from, to, ink, run, run, -1);
    }

    private void Reserve(int runs)
    {
        if (_row.Length >= runs)
        {
            return;
        }

        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(runs, 1024));
        Array.Resize(ref _row, size);
        Array.Resize(ref _from, size);
        Array.Resize(ref _to, size);
        Array.Resize(ref _isForeground, size);
        Array.Resize(ref _parent, size);
        Array.Resize(ref _next, size);
        Array.Resize(ref _last, size);
        Array.Resize(ref _contours, size);
    }
}
