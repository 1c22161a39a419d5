using EdgeVision.Evaluation.Mot;
using EdgeVision.Tracking;
using Xunit;

namespace EdgeVision.Evaluation.Tests;

/// <summary>Lines as MOTChallenge has them, and broken ones.</summary>
public sealed class MotFileTests
{
    [Fact]
    public void Reads_boxes_by_frame()
    {
        var frames = MotFile.Read(new StringReader("1,3,10,20,30,40,1,-1,-1,-1\n\n 3, 4, 1.5, 2.5, 10, 10\r\n3,5,0,0,1,1,0,1,1\n"), "gt.txt", skipIgnored: false);
        Assert.Equal([1, 0, 2], frames.Select(f => f.Count));
        Assert.Equal(new MotBox(3, new Box(10, 20, 40, 60)), frames[0][0]);
        Assert.Equal(new MotBox(4, new Box(1.5f, 2.5f, 11.5f, 12.5f)), frames[2][0]);
    }

    [Fact]
    public void Leaves_out_what_is_not_to_be_judged() =>
        Assert.Equal([5], MotFile.Read(new StringReader("1,4,0,0,1,1,0,1,1\n1,5,0,0,1,1,1,1,1\n"), "gt.txt", skipIgnored: true)[0].Select(b => b.Id));

    [Theory]
    [InlineData("1,2,3")] // too few
    [InlineData("a,2,3,4,5,6")]
    [InlineData("1,2,3,4,5,nan")]
    [InlineData("1,2,3,4,5,6,x")] // a score that is no number
    [InlineData("0,2,3,4,5,6")] // frames count from 1
    [InlineData("1.5,2,3,4,5,6")]
    [InlineData("99999999999,2,3,4,5,6")] // no memory is taken for it
    [InlineData("1,2,3,4,-5,6")]
    [InlineData("1,2,0,0,5,6\n1,2,9,9,5,6")] // twice on a frame
    public void A_broken_line_is_named(string text)
    {
        var e = Assert.Throws<FrameFormatException>(() => MotFile.Read(new StringReader(text), "gt.txt", false));
        Assert.Contains("gt.txt, line", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_what_it_writes()
    {
        var writer = new StringWriter();
        MotFile.Write(writer, 2, [new Track(7, new Box(1, 2, 31, 42), 0.5f, 0, 0, 1)]);
        Assert.Equal("2,7,1.00,2.00,30.00,40.00,0.5000,-1,-1,-1\n", writer.ToString());
        Assert.Equal(new MotBox(7, new Box(1, 2, 31, 42)), MotFile.Read(new StringReader(writer.ToString()), "t", false)[1][0]);
    }
}
