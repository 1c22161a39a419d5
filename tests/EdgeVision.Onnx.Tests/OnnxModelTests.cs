namespace EdgeVision.Onnx.Tests;

public sealed class OnnxModelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-onnx").FullName;

    [Fact]
    public void MetadataIsSetReplacedAndRemovedAndSurvivesTheFile()
    {
        var model = OnnxGraphBuilderTests.Build();
        model.SetMetadata("about", "another");
        model.SetMetadata("spec", "{}");
        string path = Path.Combine(_folder, "models", "m.onnx");
        model.Save(path);
        model.Save(path); // over itself

        var read = OnnxModel.Load(path);
        Assert.Equal("another", read.GetMetadata("about"));
        Assert.Equal(["about", "spec"], read.MetadataKeys);
        Assert.True(read.RemoveMetadata("about"));
        Assert.False(read.RemoveMetadata("about"));
        Assert.Null(read.GetMetadata("about"));
        Assert.Equal(["m.onnx"], Directory.GetFiles(Path.GetDirectoryName(path)!).Select(Path.GetFileName)); // no temporary file stays
    }

    [Fact]
    public void WhatIsNoModelIsRefusedInOneLine()
    {
        byte[] whole = OnnxGraphBuilderTests.Build().ToBytes();
        foreach (var (bytes, reason) in new (byte[], string)[]
        {
            ([], "an empty file"),
            ("This is text, not a model."u8.ToArray(), "text"),
            (whole[..(whole.Length / 2)], "a file that is cut off"),
            ([0, 0, 0, 0], "zeros"),
        })
        {
            string path = Path.Combine(_folder, "bad.onnx");
            File.WriteAllBytes(path, bytes);
            var error = Assert.Throws<InvalidDataException>(() => OnnxModel.Load(path));
            Assert.True(error.Message.Contains("bad.onnx", StringComparison.Ordinal) && !error.Message.Contains('\n', StringComparison.Ordinal), reason);
        }

        Assert.Throws<FileNotFoundException>(() => OnnxModel.Load(Path.Combine(_folder, "none.onnx")));
    }

    [Fact]
    public void TensorsAreReadFromRawBytesAndFromFields()
    {
        var fields = new TensorProto { Name = "t", DataType = (int)TensorProto.Types.DataType.Int64 };
        fields.Dims.Add(2);
        fields.Int64Data.Add([7, 8]);
        Assert.Equal([7L, 8L], OnnxTensor.ReadInts(fields));
        Assert.Equal([7L, 8L], OnnxTensor.ReadInts(OnnxTensor.Create("t", [7L, 8L], 2)));
        Assert.Throws<InvalidDataException>(() => OnnxTensor.ReadFloats(fields));
        fields.Dims[0] = 3;
        Assert.Throws<InvalidDataException>(() => OnnxTensor.ReadInts(fields));
        fields.DataLocation = TensorProto.Types.DataLocation.External;
        Assert.Throws<InvalidDataException>(() => OnnxTensor.ReadInts(fields));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
