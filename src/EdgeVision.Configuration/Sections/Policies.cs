namespace EdgeVision.Configuration;

/// <summary>Reads keys that several sections share.</summary>
internal static class Policies
{
    /// <summary>Reads <c>policy</c> of a queue.</summary>
    public static QueuePolicy? Read(ConfigMap map) => map.Choice<QueuePolicy>("policy",
        ("wait", QueuePolicy.Wait), ("drop_oldest", QueuePolicy.DropOldest),
        ("drop_newest", QueuePolicy.DropNewest), ("latest", QueuePolicy.Latest));

    /// <summary>Reads a map <c>{first, longest, attempts}</c>, or <c>never</c>.</summary>
    public static RetryPolicy? Retry(ConfigMap map, string key, RetryPolicy defaults)
    {
        if (map.Has(key) && map.At(key) is YamlDotNet.RepresentationModel.YamlScalarNode { Value: "never" })
        {
            return RetryPolicy.Never;
        }

        if (map.Map(key, $"'{key}'") is not { } retry)
        {
            return null;
        }

        var policy = defaults with
        {
            First = retry.Duration("first") ?? defaults.First,
            Longest = retry.Duration("longest") ?? defaults.Longest,
            Attempts = retry.Whole("attempts") ?? defaults.Attempts,
        };
        retry.Close();
        if (policy.Longest < policy.First)
        {
            map.Problem(key, "'longest' must be at least as long as 'first'");
        }

        return policy;
    }
}
