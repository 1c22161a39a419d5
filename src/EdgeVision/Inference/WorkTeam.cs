using System.Runtime.ExceptionServices;

namespace EdgeVision;

/// <summary>Work in parts that can run in parallel.</summary>
internal interface IWork
{
    /// <summary>Executes one part. No two parts write to the same memory.</summary>
    void Do(int part);
}

/// <summary>Runs short work in parallel on the thread pool, without allocations.</summary>
/// <remarks>
/// The caller executes parts too, so that the work completes even while the pool is busy. One caller at a time.
/// </remarks>
internal sealed class WorkTeam
{
    private const int MostParts = 1 << 20;
    private readonly Helper[] _helpers;
    private readonly ManualResetEventSlim _done = new(false, spinCount: 2000);
    private IWork? _work;
    private Exception? _error;
    private int _remaining;

    // Number of parts (upper half) and of parts taken (lower half) in one word: a helper that wakes late must not combine the part
    // number of one run with the limit of the next.
    private long _state;

    /// <summary>Creates a runner of <paramref name="size"/> threads, the caller included.</summary>
    public WorkTeam(int size)
    {
        _helpers = new Helper[Math.Max(0, size - 1)];
        for (int i = 0; i < _helpers.Length; i++)
        {
            _helpers[i] = new Helper(this);
        }
    }

    /// <summary>Gets the number of threads, the caller included.</summary>
    public int Size => _helpers.Length + 1;

    /// <summary>Executes all parts and returns when they are done; an exception of a part is rethrown after the others are done.</summary>
    public void Run(IWork work, int parts)
    {
        if (parts <= 1 || _helpers.Length == 0)
        {
            for (int part = 0; part < parts; part++)
            {
                work.Do(part);
            }

            return;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(parts, MostParts);
        (_work, _error, _remaining) = (work, null, parts);
        _done.Reset();
        Interlocked.Exchange(ref _state, (long)parts << 32); // last: from here on a helper that is still awake may take a part
        for (int i = 0; i < Math.Min(_helpers.Length, parts - 1); i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_helpers[i], preferLocal: false);
        }

        Help();
        _done.Wait();
        _work = null;
        if (_error is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }

    private void Help()
    {
        while (true)
        {
            long state = Interlocked.Increment(ref _state);
            int part = (int)(uint)state - 1;
            if (part >= (int)(state >> 32))
            {
                return;
            }

            try
            {
                _work!.Do(part);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref _error, e, null);
            }

            if (Interlocked.Decrement(ref _remaining) == 0)
            {
                _done.Set();
            }
        }
    }

    private sealed class Helper(WorkTeam team) : IThreadPoolWorkItem
    {
        public void Execute() => team.Help();
    }
}
