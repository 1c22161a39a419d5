using BenchmarkDotNet.Loggers;

namespace EdgeVision.Bench;

/// <summary>One line a benchmark, instead of every iteration.</summary>
internal sealed class Ticker : ILogger
{
    public string Id => nameof(Ticker);

    public int Priority => 0;

    public void Write(LogKind logKind, string text)
    {
    }

    public void WriteLine()
    {
    }

    public void WriteLine(LogKind logKind, string text)
    {
        if (text.StartsWith("// Benchmark: ", StringComparison.Ordinal))
        {
            int job = text.IndexOf(": Job", StringComparison.Ordinal);
            Console.Error.WriteLine(job < 0 ? text[14..] : text[14..job] + text[(text.IndexOf('[', job) is var at and > 0 ? at : text.Length)..]);
        }
        else if (logKind == LogKind.Error)
        {
            Console.Error.WriteLine(text);
        }
    }

    public void Flush()
    {
    }
}
