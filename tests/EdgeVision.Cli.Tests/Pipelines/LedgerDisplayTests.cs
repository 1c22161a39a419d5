using EdgeVision.Cli.Pipelines;
using EdgeVision.Pipeline;
using Xunit;

namespace EdgeVision.Cli.Tests.Pipelines;

/// <summary>The table that is drawn anew, and notices above it.</summary>
public sealed class LedgerDisplayTests
{
    [Fact]
    public void On_a_terminal_the_table_is_drawn_over_the_old_one()
    {
        var text = new StringWriter();
        using (var display = new LedgerDisplay(() => LedgerReportTests.Ledger, false, text, terminal: true))
        {
            display.Draw();
            Assert.DoesNotContain("\x1b", text.ToString());
            display.Draw();
            Assert.Contains("\x1b[4A\x1b[J", text.ToString()); // two headers, a source, a sink
        }

        Assert.EndsWith("\x1b[4A\x1b[J", text.ToString()); // nothing is left behind
    }

    [Fact]
    public void In_a_log_it_is_lines_without_control_characters()
    {
        var text = new StringWriter();
        using (var display = new LedgerDisplay(() => LedgerReportTests.Ledger, false, text, terminal: false))
        {
            display.Draw();
            display.WriteMessage(new PipelineMessage(PipelineMessageLevel.Warning, "door", "lost"));
        }

        Assert.DoesNotContain("\x1b", text.ToString());
        Assert.Matches(@"\d\d:\d\d:\d\d warning: door: lost", text.ToString());
    }

    [Fact]
    public void A_terminal_that_is_gone_ends_nothing()
    {
        using var display = new LedgerDisplay(() => LedgerReportTests.Ledger, false, new Gone(), terminal: false);
        display.WriteMessage(new PipelineMessage(PipelineMessageLevel.Error, "door", "x"));
    }

    [Theory]
    [InlineData(PipelineMessageLevel.Information, false)]
    [InlineData(PipelineMessageLevel.Warning, true)]
    [InlineData(PipelineMessageLevel.Error, true)]
    public void Quiet_says_what_went_wrong(PipelineMessageLevel level, bool said)
    {
        var text = new StringWriter();
        using (var display = new LedgerDisplay(() => LedgerReportTests.Ledger, true, text, terminal: true))
        {
            display.WriteMessage(new PipelineMessage(level, "door", "x"));
        }

        Assert.Equal(said, text.ToString().Length > 0);
    }

    private sealed class Gone : StringWriter
    {
        public override void WriteLine(string? value) => throw new IOException("Input/output error");
    }
}
