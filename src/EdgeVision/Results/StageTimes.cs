namespace EdgeVision.Results;

/// <summary>Times of the stages of one run, the whole batch together, in nanoseconds.</summary>
/// <param name="Preprocess">From frames to the network's input.</param>
/// <param name="CopyIn">Handing the inputs over to the session.</param>
/// <param name="Run">In the network.</param>
/// <param name="CopyOut">Taking the outputs from the session.</param>
/// <param name="Postprocess">From outputs to results.</param>
public readonly record struct StageTimes(long Preprocess, long CopyIn, long Run, long CopyOut, long Postprocess);
