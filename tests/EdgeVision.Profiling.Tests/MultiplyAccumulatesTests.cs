using EdgeVision.Profiling.Operators;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public sealed class MultiplyAccumulatesTests
{
    [Theory]
    [InlineData("Conv", "1,3,8,8; 16,3,3,3; 16", "1,16,4,4", 16 * 16 * 27)]
    [InlineData("Conv", "2,16,8,8; 16,1,3,3", "2,16,8,8", 2 * 16 * 64 * 9)] // a depthwise one
    [InlineData("Conv", "1,4,10; 8,4,3", "1,8,8", 8 * 8 * 12)] // in one dimension
    [InlineData("QLinearConv", "1,3,8,8; ; ; 16,3,3,3; 16; 16; ; ; 16", "1,16,8,8", 16 * 64 * 27)]
    [InlineData("ConvInteger", "1,3,8,8; 16,3,3,3; ", "1,16,8,8", 16 * 64 * 27)]
    [InlineData("ConvTranspose", "1,8,4,4; 8,3,2,2", "1,3,8,8", 8 * 16 * 12)]
    [InlineData("Gemm", "5,7; 7,3; 3", "5,3", 105)]
    [InlineData("Gemm", "7,5; 7,3", "5,3", 105)] // the left matrix lies on its side
    [InlineData("Gemm", "7,1; 7,3", "1,3", 21)]
    [InlineData("QGemm", "5,7; ; ; 3,7; ; ; 3", "5,3", 105)]
    [InlineData("MatMul", "2,4,5,7; 2,4,7,3", "2,4,5,3", 8 * 105)]
    [InlineData("MatMul", "2,4,5,7; 7,3", "2,4,5,3", 8 * 105)]
    [InlineData("MatMul", "5,7; 4,7,3", "4,5,3", 4 * 105)] // the left side serves the whole batch
    [InlineData("MatMul", "7; 7,3", "3", 21)] // vectors
    [InlineData("MatMul", "2,5,7; 7", "2,5", 70)]
    [InlineData("MatMul", "7; 7", "", 7)]
    [InlineData("MatMul", "0,7; 7,3", "0,3", 0)] // nothing was found
    [InlineData("QLinearMatMul", "2,5,7; 1; 1; 7,3; 1; 1; 1; 1", "2,5,3", 210)] // scales are vectors of one
    [InlineData("MatMulInteger", "5,7; 7,3", "5,3", 105)]
    [InlineData("FusedMatMul", "2,7,5; 2,7,3", "2,5,3", 210)] // turned
    [InlineData("MatMulNBits", "5,64; 32,2,16; 64", "5,32", 5 * 32 * 64)]
    [InlineData("LSTM", "10,2,4; 1,12,4; 1,12,3; 1,24", "10,1,2,3", 20 * (48 + 36))]
    [InlineData("GRU", "10,2,4; 2,9,4; 2,9,3", "10,2,2,3", 20 * 2 * (36 + 27))] // both ways
    [InlineData("Attention", "1,6,16; 1,9,16; 1,9,8", "1,6,8", 6 * 9 * 24)] // of the standard: Q, K, V
    [InlineData("Attention", "2,4,6,16; 2,4,9,16; 2,4,9,8", "2,4,6,8", 8 * 6 * 9 * 24)]
    [InlineData("Attention", "1,6,10; 10,24; 24", "1,6,8", 6 * 240 + 36 * 16)] // of ONNX Runtime: with its projections
    [InlineData("MultiHeadAttention", "1,6,16; 1,9,16; 1,9,16", "1,6,16", 6 * 9 * 32)]
    [InlineData("Relu", "1,16,8,8", "1,16,8,8", 0)]
    [InlineData("Add", "1,16; 1,16", "1,16", 0)]
    [InlineData("Conv", "1,3,8,8", "1,16,8,8", null)] // a packed weight has no shape
    [InlineData("GroupQueryAttention", "1,6,16; 1,6,16", "1,6,16", null)]
    [InlineData("Conv", "1,3; 4000000000,4000000000", "4000000000,4000000000", null)] // beyond counting
    public void Of_one_node(string type, string inputs, string outputs, int? macs) => Assert.Equal((long?)macs, MultiplyAccumulates.Compute(type, Shapes(inputs), Shapes(outputs)));

    [Theory]
    [InlineData("bij,bjk->bik", "2,5,7; 2,7,3", 210)]
    [InlineData("bhqd, bhkd -> bhqk", "1,4,6,8; 1,4,9,8", 4 * 6 * 9 * 8)]
    [InlineData("ij,jk", "5,7; 7,3", 105)] // the output is left out
    [InlineData("bij,bjk->bik", "1,5,7; 2,7,3", 210)] // one side serves the whole batch
    [InlineData("ij->ji", "5,7", null)]
    [InlineData("ij,jk,kl->il", "5,7; 7,3; 3,2", null)] // depends on the order
    [InlineData("...ij,...jk->...ik", "2,5,7; 2,7,3", null)]
    [InlineData("ij,jk->ik", "2,5,7; 7,3", null)] // does not fit
    [InlineData(null, "5,7; 7,3", null)]
    public void Of_an_Einsum(string? equation, string inputs, int? macs) => Assert.Equal((long?)macs, MultiplyAccumulates.Compute("Einsum", Shapes(inputs), [[1]], equation));

    private static long[][] Shapes(string text) => [.. text.Split(';').Select(t => t.Trim()).Select(t => t.Length == 0 ? [] : t.Split(',').Select(d => long.Parse(d, System.Globalization.CultureInfo.InvariantCulture)).ToArray())];
}
