using EdgeVision.Models.Verification;
using EdgeVision.Specs;
using Xunit;

namespace EdgeVision.Tests.Models.Verification;

/// <summary>What counts as the same result, and what does not.</summary>
public class ResultComparerTests
{
    private const float Confidence = 0.25f;
    private const string Cat = """{"class_id":1,"label":"cat","score":0.9,"box":[10,20,30,40]}""";
    private const string Dog = """{"class_id":2,"label":"dog","score":0.9,"box":[50,60,70,80]}""";

    [Theory]
    [InlineData(Cat, Cat, true, "itself")]
    [InlineData(Cat, """{"class_id":1,"label":"cat","score":0.905,"box":[10.3,20,30,40.4]}""", true, "within the tolerances")]
    [InlineData(Cat, """{"class_id":1,"label":"cat","score":0.9,"box":[10.6,20,30,40]}""", false, "a side half a pixel off")]
    [InlineData(Cat, """{"class_id":1,"label":"cat","score":0.88,"box":[10,20,30,40]}""", false, "another score")]
    [InlineData(Cat, """{"class_id":2,"label":"dog","score":0.9,"box":[10,20,30,40]}""", false, "another class")]
    [InlineData(Cat, """{"class_id":1,"label":"tiger","score":0.9,"box":[10,20,30,40]}""", false, "another label")]
    [InlineData(Cat, """{"class_id":1,"label":"cat","score":0.9}""", false, "no box")]
    [InlineData(Cat, """{"class_id":1,"label":"cat","score":0.9,"box":[10,20,30,40],"rotation":1}""", false, "a rotation that was not there")]
    [InlineData(Cat + "," + Dog, Dog + "," + Cat, true, "equal scores in another order")]
    [InlineData(Cat + "," + Dog, Cat, false, "one is missing")]
    [InlineData(Cat, Cat + "," + Dog, false, "one more")]
    [InlineData(Cat, Cat + "," + Cat, false, "found twice")]
    [InlineData(Cat + "," + Cat, Cat, false, "found once")]
    [InlineData(Cat + """,{"class_id":1,"label":"cat","score":0.255,"box":[1,2,3,4]}""", Cat, true, "a score that a rounding takes below the lowest reported")]
    [InlineData(Cat, Cat + """,{"class_id":1,"label":"cat","score":0.255,"box":[1,2,3,4]}""", true, "or above it")]
    [InlineData(Cat + """,{"class_id":1,"label":"cat","score":0.27,"box":[1,2,3,4]}""", Cat, false, "a score that no rounding takes there")]
    public void Detections(string expected, string actual, bool same, string reason)
    {
        var (worst, where) = Compare($$"""{"width":9,"detections":[{{expected}}]}""", $$"""{"width":9,"detections":[{{actual}}]}""");
        Assert.True(worst <= 1 == same, $"{reason}: {worst}{where}");
        Assert.True(same || where.Contains("detections", StringComparison.Ordinal), where);
    }

    [Theory]
    [InlineData("""{"width":9}""", """{"width":9}""", true, "nothing")]
    [InlineData("""{"width":9}""", """{"width":10}""", false, "sizes are exact")]
    [InlineData("""{"width":9,"timing_ms":{"inference":1},"source":"a","model":"b"}""", """{"width":9,"timing_ms":{"inference":7},"source":"c","model":"d"}""", true, "times and names do not count")]
    [InlineData("""{"embedding":[0.5,0.5]}""", """{"embedding":[0.505,0.495]}""", true, "within the tolerance of scores")]
    [InlineData("""{"embedding":[0.5,0.5]}""", """{"embedding":[0.5,0.5,0]}""", false, "another length")]
    [InlineData("""{"classes":[{"class_id":1,"score":0.505},{"class_id":2,"score":0.495}]}""", """{"classes":[{"class_id":2,"score":0.501},{"class_id":1,"score":0.5}]}""", true, "equal scores in another order")]
    [InlineData("""{"classes":[{"class_id":1,"score":0.01}]}""", """{"classes":[{"class_id":2,"score":0.01}]}""", false, "classes are never left out")]
    [InlineData("""{"segmentation":{"size":[10,10],"class_areas":{"0":60,"1":40}}}""", """{"segmentation":{"size":[10,10],"class_areas":{"0":61,"1":39}}}""", true, "a hundredth of the pixels")]
    [InlineData("""{"segmentation":{"size":[10,10],"class_areas":{"0":60,"1":40}}}""", """{"segmentation":{"size":[10,10],"class_areas":{"0":58,"1":42}}}""", false, "more of them")]
    [InlineData("""{"depth":{"size":[4,4],"min":1,"median":2,"max":300}}""", """{"depth":{"size":[4,4],"min":1.009,"median":2,"max":302}}""", true, "a hundredth of the distance")]
    [InlineData("""{"depth":{"size":[4,4],"min":1,"median":2,"max":3}}""", """{"depth":{"size":[4,4],"min":1.02,"median":2,"max":3}}""", false, "two hundredths")]
    public void OtherResults(string expected, string actual, bool same, string reason)
    {
        var (worst, where) = Compare(expected, actual);
        Assert.True(worst <= 1 == same, $"{reason}: {worst}{where}");
    }

    [Theory]
    [InlineData("{", "not valid JSON")]
    [InlineData("""{"detections":[7]}""", "not a line of results")]
    [InlineData("""{"detections":[{"score":1}]}""", "not a line of results")]
    [InlineData("""{"detections":[{"class_id":1e99,"score":1}]}""", "not a line of results")]
    [InlineData("""{"segmentation":{"size":["a"],"class_areas":{}}}""", "not a line of results")]
    [InlineData("""{"segmentation":{"size":[4,4],"class_areas":5}}""", "not a line of results")]
    public void WhatIsNoLineOfResultsIsSaidInOne(string expected, string part)
    {
        string actual = """{"detections":[{"class_id":1,"score":1}],"segmentation":{"size":[4,4],"class_areas":{"0":16}}}""";
        string message = Assert.Throws<SpecException>(() => Compare(expected, actual)).Message;
        Assert.Contains(part, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void ACrowdOfEntriesIsRefusedBeforeItIsCompared()
    {
        string crowd = $$"""{"detections":[{{string.Join(',', Enumerable.Repeat("{}", 10_001))}}]}""";
        Assert.Contains("at most 10000", Assert.Throws<SpecException>(() => Compare(crowd, """{"detections":[]}""")).Message, StringComparison.Ordinal);
    }

    private static (double Worst, string Where) Compare(string expected, string actual) => ResultComparer.Compare(expected, actual, new GoldenTolerances(), Confidence);
}
