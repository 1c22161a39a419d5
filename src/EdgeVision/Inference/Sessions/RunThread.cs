namespace EdgeVision.Inference.Sessions;

/// <summary>Runs the network of engines that share a session on one dedicated thread, one run after the other.</summary>
/// <remarks>
/// The core that runs the network keeps its weights and buffers in its caches, while other threads preprocess the next input and decode the
/// last output.
/// </remarks>
internal sealed class RunThread : IDisposable
{
    private readonly Queue<Job> _jobs = new();
    private bool _ended;

    public RunThread(string name) => new Thread(Work) { IsBackground = true, Name = $"edgevision runs {name}" }.Start();

    /// <summary>Queues a job and waits until it is done.</summary>
    /// <exception cref="EdgeVisionException">ONNX Runtime failed.</exception>
    public void Invoke(Job job)
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

    /// <summary>Ends the thread after all queued jobs are done.</summary>
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

    /// <summary>Reusable job of one engine; one run at a time.</summary>
    public sealed class Job(Action run)
    {
        public Action Run => run;

        public ManualResetEventSlim Done { get; } = new(false, spinCount: 0);

        public Exception? Error { get; set; }
    }
}
