using System.Runtime.ExceptionServices;

namespace EdgeVision.Threading;

/// <summary>Work in parts that can run in parallel.</summary>
internal interface IParallelWork
{
    /// <summary>Executes one part. No two parts write to the same memory.</summary>
    void Execute(int part);
}

/// <summary>Runs short work in parallel on the thread pool, without allocations.</summary>
/// <remarks>
/// The caller executes parts too, so that the work completes even while the pool is busy. One caller at a time.
/// </remarks>
internal sealed class ParallelRunner
{
    private const int MaxParts = 1 << 20;
    private readonly Worker[] _workers;
    private readonly ManualResetEventSlim _done = new(false, spinCount: 2000);
    private IParallelWork? _work;
    private Exception? _error;
    private int _remaining;

    // Number of parts (upper half) and of parts taken (lower half) in one word: a helper that wakes late must not combine the part
    // number of one run with the limit of the next.
    private long _state;

    /// <summary>Creates a runner of <paramref name="size"/> threads, the caller included.</summary>
    public ParallelRunner(int size)
    {
        _workers = new Worker[Math.Max(0, size - 1)];
        for (int i = 0; i < _workers.Length; i++)
        {
            _workers[i] = new Worker(this);
        }
    }

    /// <summary>Gets the number of threads, the caller included.</summary>
    public int ThreadCount => _workers.Length + 1;

    /// <summary>Executes all parts and returns when they are done; an exception of a part is rethrown after the others are done.</summary>
    public void Run(IParallelWork work, int parts)
    {
        if (parts <= 1 || _workers.Length == 0)
        {
            for (int part = 0; part < parts; part++)
            {
                work.Execute(part);
            }

            return;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(parts, MaxParts);
        (_work, _error, _remaining) = (work, null, parts);
        _done.Reset();
        Interlocked.Exchange(ref _state, (long)parts << 32); // last: from here on a helper that is still awake may take a part
        for (int i = 0; i < Math.Min(_workers.Length, parts - 1); i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_workers[i], preferLocal: false);
        }

        ExecuteParts();
        _done.Wait();
        _work = null;
        if (_error is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }

    private void ExecuteParts()
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
                _work!.Execute(part);
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

    private sealed class Worker(ParallelRunner team) : IThreadPoolWorkItem
    {
        public void Execute() => team.ExecuteParts();
    }
}
