using System.Runtime.ExceptionServices;

namespace EdgeVision.Pipeline.Sources;

/// <summary>Base class of sources over calls that block and cannot be cancelled: a driver, a pipe.</summary>
/// <remarks>
/// The calls run on a thread of the source, so that <see cref="FrameSource.Abort"/> and cancellation end the wait at once; a call that
/// never returns holds only that thread.
/// </remarks>
public abstract class BlockingFrameSource : FrameSource
{
    private enum Step
    {
        Idle,
        Open,
        Read,
        Completed,
    }

    // Long enough for a device to be released before it is opened again, short enough for a pipeline that stops.
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromMilliseconds(300);

    private readonly object _lock = new();
    private Thread? _worker;
    private Step _step;
    private FramePool? _pool;
    private Frame? _frame;
    private Exception? _error;
    private bool _aborted, _closing;

    /// <summary>Creates a source with a name.</summary>
    /// <param name="name">Name in results and messages, without credentials.</param>
    protected BlockingFrameSource(string name)
        : base(name)
    {
    }

    /// <summary>Opens the source; may block. Runs on the thread of the source.</summary>
    /// <exception cref="SourceException">It cannot be opened.</exception>
    protected abstract void OpenBlocking();

    /// <summary>Reads the next frame as <see cref="FrameSource.Read"/> does; may block. Runs on the thread of the source.</summary>
    protected abstract Frame? ReadBlocking(FramePool pool);

    /// <summary>Releases the source's resources. Called once, when no other call is running.</summary>
    protected abstract void Close();

    /// <inheritdoc/>
    public sealed override void Open(CancellationToken cancel)
    {
        lock (_lock)
        {
            if (_worker is not null || _closing)
            {
                throw new InvalidOperationException($"'{Name}' has already been opened; create a new source");
            }

            _step = Step.Open;
            _worker = new Thread(Work) { IsBackground = true, Name = "source " + Name };
            _worker.Start();
        }

        WaitForStep(null, cancel);
    }

    /// <inheritdoc/>
    public sealed override Frame? Read(FramePool pool, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(pool);
        return WaitForStep(pool, cancel);
    }

    /// <inheritdoc/>
    public sealed override void Abort()
    {
        lock (_lock)
        {
            _aborted = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <inheritdoc/>
    protected sealed override void Dispose(bool disposing)
    {
        bool never;
        lock (_lock)
        {
            if (_closing)
            {
                return;
            }

            _closing = true;
            never = _worker is null;
            Monitor.PulseAll(_lock);
        }

        if (never)
        {
            TryClose();
        }
        else
        {
            _worker!.Join(CloseTimeout);
        }
    }

    // A cancelled read continues; the next call takes its frame, so that no frame is lost.
    private Frame? WaitForStep(FramePool? pool, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        using var wake = cancel.UnsafeRegister(static source => ((BlockingFrameSource)source!).Wake(), this);
        Frame? frame;
        Exception? error;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closing, this);
            if (_worker is null)
            {
                throw new InvalidOperationException($"'{Name}' is not open");
            }

            if (_step == Step.Idle)
            {
                (_step, _pool) = (Step.Read, pool);
                Monitor.PulseAll(_lock);
            }

            while (_step != Step.Completed && !_aborted && !_closing && !cancel.IsCancellationRequested)
            {
                Monitor.Wait(_lock);
            }

            if (_aborted || _closing)
            {
                throw new SourceException($"'{Name}' was aborted while waiting");
            }

            if (_step != Step.Completed)
            {
                throw new OperationCanceledException(cancel);
            }

            (frame, error, _frame, _error, _step) = (_frame, _error, null, null, Step.Idle);
        }

        if (error is not null)
        {
            ExceptionDispatchInfo.Throw(error);
        }

        return frame;
    }

    private void Wake()
    {
        lock (_lock)
        {
            Monitor.PulseAll(_lock);
        }
    }

    private void Work()
    {
        while (NextStep() is { } step)
        {
            Frame? frame = null;
            Exception? error = null;
            try
            {
                if (step == Step.Open)
                {
                    OpenBlocking();
                }
                else
                {
                    frame = ReadBlocking(_pool!);
                }
            }
            catch (Exception e)
            {
                // Every exception is passed to the waiting caller; unhandled on this thread it would end the process.
                error = e;
            }

            lock (_lock)
            {
                (_frame, _error, _step) = (frame, error, Step.Completed);
                Monitor.PulseAll(_lock);
            }
        }

        _frame?.Dispose();
        TryClose();
    }

    // An exception from closing has no caller to go to: it would end the process, or replace the exception that left a 'using'.
    private void TryClose()
    {
        try
        {
            Close();
        }
        catch (Exception)
        {
            // The source is released anyway.
        }
    }

    private Step? NextStep()
    {
        lock (_lock)
        {
            while (_step is Step.Idle or Step.Completed && !_closing)
            {
                Monitor.Wait(_lock);
            }

            return _closing ? null : _step;
        }
    }
}
