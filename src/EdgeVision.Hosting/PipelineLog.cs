using Microsoft.Extensions.Logging;

namespace EdgeVision.Hosting;

/// <summary>Log messages of a hosted pipeline; none contains credentials.</summary>
internal static partial class PipelineLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Pipeline {Pipeline} is starting")]
    public static partial void Starts(ILogger logger, string pipeline);

    [LoggerMessage(EventId = 2, Message = "Pipeline {Pipeline}: {Component}: {Notice}")]
    public static partial void Notice(ILogger logger, LogLevel level, string pipeline, string component, string notice);

    [LoggerMessage(EventId = 3, Level = LogLevel.Information,
            Message = "Pipeline {Pipeline} {State} after {Seconds:0.0} s: {Captured} frames captured, {Delivered} delivered, " +
                "{Dropped} dropped, {Failed} failed")]
        public static partial void Over(
            ILogger logger, string pipeline, string state, double seconds, long captured, long delivered, long dropped, long failed);

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning,
        Message = "Pipeline {Pipeline} failed and restarts in {Seconds:0.0} s: {Error}")]
    public static partial void Restarts(ILogger logger, string pipeline, double seconds, string error);

    [LoggerMessage(EventId = 5, Level = LogLevel.Critical, Message = "Pipeline {Pipeline} failed: {Error}")]
    public static partial void Failed(ILogger logger, string pipeline, string error);
}
