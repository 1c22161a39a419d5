namespace EdgeVision.Onnx.Tests;

/// <summary>Targets by name.</summary>
public class OnnxTargetTests
{
    [Fact]
    public void EachTargetHasANameOfItsOwnAndAReason()
    {
        Assert.Equal(OnnxTarget.All.Count, OnnxTarget.All.Select(t => t.Name).Distinct().Count());
        Assert.All(OnnxTarget.All, t => Assert.True(t.Reason.Length > 0 && t.Opset is >= 16 and <= 22 && ReferenceEquals(t, OnnxTarget.Find(t.Name))));
    }

    [Fact]
    public void ATargetThatIsNotThereNamesThoseThatAre()
    {
        string message = Assert.Throws<InvalidDataException>(() => OnnxTarget.Find("abacus")).Message;
        Assert.All(OnnxTarget.All, t => Assert.Contains(t.Name, message, StringComparison.Ordinal));
    }
}
