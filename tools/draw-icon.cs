// Draws the packages' icon, src/icon.png, 128 x 128: dotnet run tools/draw-icon.cs [FILE]
// A lens that looks out of a detection's frame: four corners in blue, an iris in green, and the light in it.
#:package SkiaSharp
#:package SkiaSharp.NativeAssets.Linux.NoDependencies
#:property PublishAot=false

using SkiaSharp;

const int Size = 128;
string path = args.Length > 0 ? args[0] : Path.Combine("src", "icon.png");
using var surface = SKSurface.Create(new SKImageInfo(Size, Size, SKColorType.Rgba8888, SKAlphaType.Premul));
var canvas = surface.Canvas;
canvas.Clear(SKColors.Transparent);

using (var ground = new SKPaint { IsAntialias = true })
{
    ground.Shader = SKShader.CreateLinearGradient(new SKPoint(0, 0), new SKPoint(0, Size), [new SKColor(0x1B, 0x2A, 0x41), new SKColor(0x0C, 0x18, 0x2B)], SKShaderTileMode.Clamp);
    canvas.DrawRoundRect(new SKRect(2, 2, Size - 2, Size - 2), 26, 26, ground);
}

using (var corner = new SKPaint { IsAntialias = true, IsStroke = true, StrokeWidth = 8, StrokeCap = SKStrokeCap.Round, StrokeJoin = SKStrokeJoin.Round })
{
    corner.Color = new SKColor(0x4D, 0xA3, 0xFF);
    for (int quarter = 0; quarter < 4; quarter++)
    {
        canvas.Save();
        canvas.RotateDegrees(90 * quarter, Size / 2f, Size / 2f);
        using var builder = new SKPathBuilder();
        builder.MoveTo(20, 44);
        builder.LineTo(20, 20);
        builder.LineTo(44, 20);
        using var line = builder.Detach();
        canvas.DrawPath(line, corner);
        canvas.Restore();
    }
}

using (var iris = new SKPaint { IsAntialias = true, IsStroke = true, StrokeWidth = 12, Color = new SKColor(0x37, 0xD6, 0x7A) })
{
    canvas.DrawCircle(Size / 2f, Size / 2f, 25, iris);
}

using (var pupil = new SKPaint { IsAntialias = true, Color = SKColors.White })
{
    canvas.DrawCircle(Size / 2f, Size / 2f, 11, pupil);
}

using var image = surface.Snapshot();
using var png = image.Encode(SKEncodedImageFormat.Png, 100);
using var file = File.Create(path);
png.SaveTo(file);
Console.WriteLine($"{path}: {Size} x {Size}, {png.Size} bytes");
