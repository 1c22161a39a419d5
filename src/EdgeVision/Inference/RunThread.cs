namespace EdgeVision;

/// <summary>
/// Runs of one network by engines that share its session, one after the other on a thread of their own: the processor that runs the network keeps
/// its weights and buffers in its caches, while others prepare the next input and decode the last output.
/// </summary>
internal sealed class RunThread : IDisposable
{
    private readonly Queue<Job> _jobs = new();
    private bool _ended;

    public RunThread(string name) => new Thread(Work) { IsBackground = true, Name = $"edgevision runs {name}" }.Start();

    /// <summary>Has a job done, and waits for it.</summary>
    /// <exception cref="EdgeVisionException">ONNX Runtime failed.</exception>
    public void Do(Job job)
    {
        job.Done.Reset();
        lock (_jobs)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            _jobs.Enqueue(job);
            Monitor.Pulse(_jobs);
        }

        job.Done.Wait();
        if (job.Error is { } error)
        {
            job.Error = null;
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error);
        }
    }

    /// <summary>Ends the thread once what waits is done.</summary>
    public void Dispose()
    {
        lock (_jobs)
        {
            _ended = true;
            Monitor.Pulse(_jobs);
        }
    }

    private void Work()
    {
        while (true)
        {
            Job? job;
            lock (_jobs)
            {
                while (!_jobs.TryDequeue(out job))
                {
                    if (_ended)
                    {
                        return;
                    }

                    Monitor.Wait(_jobs);
                }
            }

            try
            {
                job.Run();
            }
            catch (Exception e)
            {
                job.Error = e;
            }

            job.Done.Set();
        }
    }

    /// <summary>What one engine wants done, again and again; one at a time.</summary>
    public sealed class Job(Action run)
    {
        public Action Run => run;

        public ManualResetEventSlim Done { get; } = new(false, spinCount: 0);

        public Exception? Error { get; set; }
    }
}
