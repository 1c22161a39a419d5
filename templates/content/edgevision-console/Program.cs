using EdgeVision;
using EdgeVision.Imaging;

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: EdgeVisionConsole MODEL.onnx IMAGE");
    return 2;
}

try
{
    using var detector = Detector.Load(args[0]);
    using var image = ImageFile.Load(args[1]);
    foreach (var found in detector.Detect(image.Frame))
    {
        Console.WriteLine($"{found.Label} {found.Score:P0} {found.Box}");
    }

    return 0;
}
catch (EdgeVisionException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
