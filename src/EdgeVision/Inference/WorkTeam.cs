using System.Runtime.ExceptionServices;

namespace EdgeVision;

/// <summary>Work in parts that may be done side by side.</summary>
internal interface IWork
{
    /// <summary>Does one part; memory that parts write to is theirs alone.</summary>
    void Do(int part);
}

/// <summary>
/// Threads of the pool that help with short work. The caller takes parts too, so that nothing waits for a busy pool; nothing is allocated.
/// One caller at a time.
/// </summary>
internal sealed class WorkTeam
{
    private const int MostParts = 1 << 20;
    private readonly Helper[] _helpers;
    private readonly ManualResetEventSlim _done = new(false, spinCount: 2000);
    private IWork? _work;
    private Exception? _error;
    private int _remaining;

    // Parts of this run and those taken, in one word: a helper that wakes late must not take its number from one run and the limit from the next.
    private long _state;

    /// <summary>Makes a team of so many threads, the caller included.</summary>
    public WorkTeam(int size)
    {
        _helpers = new Helper[Math.Max(0, size - 1)];
        for (int i = 0; i < _helpers.Length; i++)
        {
            _helpers[i] = new Helper(this);
        }
    }

    /// <summary>Threads, the caller included.</summary>
    public int Size => _helpers.Length + 1;

    /// <summary>Does all parts and returns when they are done; an error of a part is thrown here, after the others.</summary>
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
        Interlocked.Exchange(ref _state, (long)parts << 32); // last: a helper that is still awake may take a part from here on
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
