using EdgeVision.Exporter.Commands;

return ExporterCommandLine.Run(args, Console.Error);
