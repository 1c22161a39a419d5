using EdgeVision.Hosting;

var builder = Host.CreateApplicationBuilder(args);
string pipeline = builder.Configuration["Pipeline"] ?? "pipeline.yaml";
builder.Services.AddEdgeVisionPipelineFile(Path.Combine(builder.Environment.ContentRootPath, pipeline));
builder.Build().Run();
