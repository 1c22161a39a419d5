namespace EdgeVision.Tracking;

/// <summary>Solves the linear assignment problem: matches rows with columns at the lowest total cost.</summary>
/// <remarks>
/// Shortest augmenting paths with potentials (Kuhn 1955, Jonker and Volgenant 1987), O(rows * rows * columns), where rows are the
/// smaller side. Leaving a row and a column unmatched costs as much as the limit, as in
/// <c>lap.lapjv(cost, extend_cost=True, cost_limit=limit)</c>. Buffers grow and are reused.
/// </remarks>
public sealed class LinearAssignment
{
    private double[] _cost = [], _rowPotential = [], _columnPotential = [], _minReducedCost = [];
    private int[] _columnOf = [], _rowAt = [], _from = [], _rowOf = [];
    private bool[] _done = [];
    private int _rows, _columns;

    /// <summary>Column matched with each row, or -1.</summary>
    public ReadOnlySpan<int> RowToColumn => _columnOf.AsSpan(0, _rows);

    /// <summary>Row matched with each column, or -1.</summary>
    public ReadOnlySpan<int> ColumnToRow => _rowOf.AsSpan(0, _columns);

    /// <summary>Returns the cost buffer, row-major, [rows, columns], to be filled before <see cref="Solve"/>.</summary>
    public Span<double> GetCostBuffer(int rows, int columns)
    {
        (_rows, _columns) = (rows, columns);
        Grow(ref _cost, rows * columns);
        return _cost.AsSpan(0, rows * columns);
    }

    /// <summary>Finds the assignment. A cost at or above the limit, or NaN, matches nothing.</summary>
    public void Solve(double limit = double.PositiveInfinity)
    {
        Grow(ref _columnOf, _rows);
        Grow(ref _rowOf, _columns);
        _columnOf.AsSpan(0, _rows).Fill(-1);
        _rowOf.AsSpan(0, _columns).Fill(-1);
        if (_rows == 0 || _columns == 0)
        {
            return;
        }

        // The gain of a pair is the limit minus its cost; a pair without gain is equivalent to none.
        double ceiling = limit;
        if (double.IsPositiveInfinity(limit))
        {
            ceiling = 0;
            foreach (double c in _cost.AsSpan(0, _rows * _columns))
            {
                ceiling = Math.Max(ceiling, double.IsFinite(c) ? c : 0);
            }

            ceiling++;
        }

        bool turned = _rows > _columns;
        int n = turned ? _columns : _rows, m = turned ? _rows : _columns;
        int rowStep = turned ? 1 : _columns, columnStep = turned ? _columns : 1;
        Prepare(n, m);
        for (int row = 1; row <= n; row++)
        {
            Augment(row, m, rowStep, columnStep, ceiling);
        }

        for (int column = 1; column <= m; column++)
        {
            int row = _rowAt[column];
            if (row != 0 && _cost[(row - 1) * rowStep + (column - 1) * columnStep] < ceiling)
            {
                (int r, int c) = turned ? (column - 1, row - 1) : (row - 1, column - 1);
                _columnOf[r] = c;
                _rowOf[c] = r;
            }
        }
    }

    // Rows and columns count from 1; column 0 is the virtual column where the new row starts.
    private void Augment(int row, int m, int rowStep, int columnStep, double ceiling)
    {
        _rowAt[0] = row;
        _minReducedCost.AsSpan(0, m + 1).Fill(double.PositiveInfinity);
        _done.AsSpan(0, m + 1).Clear();
        int at = 0;
        do
        {
            _done[at] = true;
            int from = _rowAt[at], next = 0;
            double delta = double.PositiveInfinity;
            for (int j = 1; j <= m; j++)
            {
                if (_done[j])
                {
                    continue;
                }

                double cost = _cost[(from - 1) * rowStep + (j - 1) * columnStep];
                double reduced = (cost < ceiling ? cost - ceiling : 0) - _rowPotential[from] - _columnPotential[j];
                if (reduced < _minReducedCost[j])
                {
                    _minReducedCost[j] = reduced;
                    _from[j] = at;
                }

                if (_minReducedCost[j] < delta)
                {
                    delta = _minReducedCost[j];
                    next = j;
                }
            }

            for (int j = 0; j <= m; j++)
            {
                if (_done[j])
                {
                    _rowPotential[_rowAt[j]] += delta;
                    _columnPotential[j] -= delta;
                }
                else
                {
                    _minReducedCost[j] -= delta;
                }
            }

            at = next;
        }
        while (_rowAt[at] != 0);
        while (at != 0)
        {
            int before = _from[at];
            _rowAt[at] = _rowAt[before];
            at = before;
        }
    }

    private void Prepare(int n, int m)
    {
        Grow(ref _rowPotential, n + 1);
        Grow(ref _columnPotential, m + 1);
        Grow(ref _minReducedCost, m + 1);
        Grow(ref _rowAt, m + 1);
        Grow(ref _from, m + 1);
        Grow(ref _done, m + 1);
        _rowPotential.AsSpan(0, n + 1).Clear();
        _columnPotential.AsSpan(0, m + 1).Clear();
        _rowAt.AsSpan(0, m + 1).Clear();
    }

    private static void Grow<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            array = new T[Math.Max(length, array.Length * 2)];
        }
    }
}
