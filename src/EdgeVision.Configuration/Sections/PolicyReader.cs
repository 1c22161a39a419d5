using EdgeVision.Configuration.Yaml;
using EdgeVision.Pipeline;

namespace EdgeVision.Configuration.Sections;

/// <summary>Reads keys that several sections share.</summary>
internal static class PolicyReader
{
    /// <summary>Reads <c>policy</c> of a queue.</summary>
    public static QueuePolicy? ReadQueuePolicy(ConfigMap map) => map.GetEnum<QueuePolicy>("policy",
        ("wait", QueuePolicy.Wait), ("drop_oldest", QueuePolicy.DropOldest),
        ("drop_newest", QueuePolicy.DropNewest), ("latest", QueuePolicy.Latest));

    /// <summary>Reads a map <c>{first, longest, attempts}</c>, or <c>never</c>.</summary>
    public static RetryPolicy? ReadRetry(ConfigMap map, string key, RetryPolicy defaults)
    {
        if (map.IsWord(key, "never"))
        {
            return RetryPolicy.None;
        }

        if (map.GetMap(key, $"'{key}'") is not { } retry)
        {
            return null;
        }

        var policy = defaults with
        {
            InitialDelay = retry.GetDuration("first") ?? defaults.InitialDelay,
            MaxDelay = retry.GetDuration("longest") ?? defaults.MaxDelay,
            MaxAttempts = retry.GetInt("attempts") ?? defaults.MaxAttempts,
        };
        retry.ReportUnknownKeys();
        if (policy.MaxDelay < policy.InitialDelay)
        {
            map.AddProblem(key, "'longest' must be at least as long as 'first'");
        }

        return policy;
    }
}
