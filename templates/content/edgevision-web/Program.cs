using EdgeVision;
using EdgeVision.Imaging;
using DetectionApi;

var builder = WebApplication.CreateBuilder(args);
var options = builder.Configuration.GetSection("Detection").Get<DetectionOptions>() ?? new DetectionOptions();
builder.WebHost.ConfigureKestrel(server => server.Limits.MaxRequestBodySize = options.MaxImageBytes);
builder.Services.AddProblemDetails();
builder.Services.AddSingleton(_ => new ModelPool(options.Model, options.ConcurrentRequests));

var app = builder.Build();
app.Services.GetRequiredService<ModelPool>(); // a model that cannot be loaded fails here, not at the first request

app.MapPost("/detect", async (HttpRequest request, ModelPool pool, CancellationToken cancel) =>
{
    using var body = new MemoryStream();
    try
    {
        await request.Body.CopyToAsync(body, cancel);
    }
    catch (BadHttpRequestException e)
    {
        return Results.Problem(e.Message, statusCode: e.StatusCode); // 413: longer than MaxImageBytes
    }

    if (body.Length == 0)
    {
        return Results.Problem("The body is empty; send an image file.", statusCode: StatusCodes.Status400BadRequest);
    }

    // Images are decoded only once a model is free: memory stays within ConcurrentRequests times MaxPixels.
    using var rented = await pool.RentAsync(options.MaxWait, cancel);
    if (rented is null)
    {
        return Results.Problem("All models are busy; try again later.", statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    try
    {
        using var image = ImageFile.Decode(body.GetBuffer().AsSpan(0, (int)body.Length), "the image", options.MaxPixels);
        rented.Model.Run(image.Frame, rented.Result);
    }
    catch (FrameFormatException e)
    {
        return Results.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
    }

    return Results.Ok(DetectionResponse.From(rented.Result));
});

app.Run();
