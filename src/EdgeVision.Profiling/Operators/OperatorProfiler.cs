using EdgeVision.Inference;
using EdgeVision.Profiling.Measurement;

namespace EdgeVision.Profiling.Operators;

/// <summary>Measures where a network's time goes, and what it costs, with ONNX Runtime's own profiler.</summary>
public static class OperatorProfiler
{
    /// <summary>
    /// Measures the network's time by operator and node: runs on the bound inputs, in a session of its own that has the engine's providers,
    /// threads and options and is profiled. Takes the time of loading the model again and of the runs; a run of two hundred nodes needs about
    /// 200 KB in the system's folder for temporary files until it is read.
    /// </summary>
    /// <param name="engine">The loaded model.</param>
    /// <param name="runs">Measured runs, 1 or more.</param>
    /// <param name="warmup">Runs before them.</param>
    /// <exception cref="InvalidOperationException">An input has open dimensions; call <see cref="InferenceEngine.Resize"/> first.</exception>
    /// <exception cref="EdgeVisionException">The model fails, or its profile cannot be read.</exception>
    public static OperatorProfile ProfileOperators(this InferenceEngine engine, int runs, int warmup = 5)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentOutOfRangeException.ThrowIfLessThan(runs, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(warmup);
        return engine.RunProfiled(warmup + runs,
            (json, folder) => OperatorProfileBuilder.Read(json, warmup, runs, ProfilingOverhead.Measure(engine.CreateSessionOptions, folder)));
    }

    /// <summary>
    /// Counts the multiply-accumulates of a run on the bound inputs, and the weights: from the shapes that the nodes of the graph have, as its
    /// author wrote it, while it runs once on the CPU.
    /// </summary>
    /// <exception cref="InvalidOperationException">An input has open dimensions; call <see cref="InferenceEngine.Resize"/> first.</exception>
    /// <exception cref="EdgeVisionException">The model fails, or its profile cannot be read.</exception>
    public static GraphCost MeasureCost(this InferenceEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return engine.RunProfiled(1, (json, _) => GraphCost.Read(json, engine.ModelPath), originalGraph: true);
    }
}
