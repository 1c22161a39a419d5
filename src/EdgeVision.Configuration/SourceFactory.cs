using System.Globalization;
using EdgeVision.Frames;
using EdgeVision.OpenCv;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Ffmpeg;
using EdgeVision.Pipeline.Recording;
using EdgeVision.Pipeline.Skia;
using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Configuration;

/// <summary>Creates sources from their configuration.</summary>
public static class SourceFactory
{
    /// <summary>Creates a source without opening it.</summary>
    /// <exception cref="PipelineConfigException">The options are not valid for the source.</exception>
    /// <exception cref="SourceException">A recording cannot be read.</exception>
    public static FrameSource Create(SourceConfig source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return CreateFactory(source)();
    }

    /// <summary>
    /// Returns a factory that creates the source again for each reopening. All instances share the maximum number of frames.
    /// </summary>
    internal static Func<FrameSource> CreateFactory(SourceConfig source)
    {
        var given = new LimitedSource.FrameCounter();
        return () => source.MaxFrames is { } most ? new LimitedSource(CreateOne(source), most, given) : CreateOne(source);
    }

    /// <summary>Checks the options of a source before anything runs. Opens nothing.</summary>
    /// <returns>The same configuration.</returns>
    /// <exception cref="PipelineConfigException">The options are not valid for the source.</exception>
    /// <exception cref="SourceException">A recording cannot be read.</exception>
    public static SourceConfig Validate(SourceConfig source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Uri.Kind is SourceKind.Test or SourceKind.Ffmpeg or SourceKind.Mjpeg or SourceKind.Recording)
        {
            Create(source).Dispose(); // other sources have no invalid options, and the first one of OpenCV would load its library
        }

        return source;
    }

    private static FrameSource CreateOne(SourceConfig source) => source.Uri.Kind switch
    {
        SourceKind.Test => new TestPatternSource(TestPatternOptions.Parse(source.Uri.Address) with { Name = source.Name }),
        SourceKind.Raw => Raw(source),
        SourceKind.Pictures => new ImageFileSource(new ImageFileOptions
        {
            Paths = [source.Uri.Address],
            Name = source.Name,
            FrameRate = source.FrameRate,
            Loop = source.Loop,
        }),
        SourceKind.Ffmpeg => Ffmpeg(source),
        SourceKind.Recording => Recorded(source),
        SourceKind.Mjpeg when source.Backend is SourceBackend.Auto or SourceBackend.Mjpeg =>
            new MjpegSource(new MjpegOptions { Address = source.Uri.Address, Name = source.Name }),
        SourceKind.Camera => UsesFfmpeg(source) ? Ffmpeg(source) : Camera(source),
        _ => UsesFfmpeg(source) ? Ffmpeg(source) : new VideoSource(new VideoOptions { Input = source.Uri.Address, Name = source.Name }),
    };

    // OpenCV's packages read files and cameras but no streams; without its native library, ffmpeg reads all of them.
    private static bool UsesFfmpeg(SourceConfig source) => source.Backend switch
    {
        SourceBackend.Ffmpeg => true,
        SourceBackend.OpenCv => false,
        _ => !OpenCvLibrary.IsAvailable(out _) || source.Uri.IsNetwork && !OpenCvLibrary.HasNetwork,
    };

    private static RawSource Raw(SourceConfig source)
    {
        var (width, height) = source.Size
            ?? throw new PipelineConfigException("raw frames from standard input require a size, such as 640x480");
        var format = source.Format ?? throw new PipelineConfigException("raw frames from standard input require a format, such as nv12");
        return new RawSource(Console.OpenStandardInput(), format, width, height, source.FrameRate ?? 25, source.Name);
    }

    private static FfmpegSource Ffmpeg(SourceConfig source)
    {
        string address = source.Uri.Address;
        var f = source.Ffmpeg;
        var defaults = new FfmpegOptions { Input = address };
        var options = defaults with
        {
            Name = source.Name,
            Executable = f.Program,
            InputArguments = f.InputArguments,
            HardwareAcceleration = f.HardwareAcceleration,
            HardwareDevice = f.HardwareDevice,
            RtspTransport = f.RtspTransport ?? defaults.RtspTransport,
            LowLatency = f.LowLatency ?? defaults.LowLatency,
            Format = source.Format ?? defaults.Format,
            Width = source.Size?.Width,
            Height = source.Size?.Height,
            FrameRate = source.FrameRate,
            Loop = source.Loop,
        };
        if (source.Uri.Kind == SourceKind.Camera)
        {
            return new FfmpegSource(WithCameraOptions(options, source));
        }

        int colon = address.IndexOf(':') + 1;
        return new FfmpegSource(source.Uri.Kind != SourceKind.Ffmpeg ? options
            : options with
            {
                Input = address[colon..],
                InputFormat = address.StartsWith("lavfi:", StringComparison.Ordinal) ? "lavfi" : null,
            });
    }

    // Size and rate of a camera are requested from the device, not produced by scaling.
    private static FfmpegOptions WithCameraOptions(FfmpegOptions options, SourceConfig source)
    {
        List<(string, string)> asked = [];
        if (source.Size is var (width, height))
        {
            asked.Add(("video_size", string.Create(CultureInfo.InvariantCulture, $"{width}x{height}")));
        }

        if (source.FrameRate is { } rate)
        {
            asked.Add(("framerate", rate.ToString(CultureInfo.InvariantCulture)));
        }

        if (source.FourCc is { } code)
        {
            asked.Add(("input_format", code == "MJPG" ? "mjpeg" : "yuyv422"));
        }

        string device = source.Uri.Address;
        return options with
        {
            Input = char.IsAsciiDigit(device[0]) ? "/dev/video" + device : device,
            InputFormat = "v4l2",
            InputOptions = asked,
            Width = null,
            Height = null,
            FrameRate = null,
        };
    }

    private static CameraSource Camera(SourceConfig source)
    {
        var defaults = new CameraOptions { Device = source.Uri.Address };
        return new CameraSource(defaults with
        {
            Name = source.Name,
            FourCc = source.FourCc ?? defaults.FourCc,
            Width = source.Size?.Width,
            Height = source.Size?.Height,
            FrameRate = source.FrameRate,
        });
    }

    private static ReplaySource Recorded(SourceConfig source)
    {
        var recording = RecordingReader.Open(source.Uri.Address);
        string name = source.RecordedSource ?? (recording.Sources.Count == 1 ? recording.Sources[0].Name
            : throw new PipelineConfigException(
                $"'recorded' must be one of the {recording.Sources.Count} sources of the recording '{source.Uri.Address}': " +
                $"{string.Join(", ", recording.Sources.Select(s => s.Name))}"));
            return new ReplaySource(
                recording.GetSource(name), new ReplayOptions { RealTime = source.Options.RealTime, OpenReference = OpenReference });
    }

    // The path is from the recording, which may be untrusted, so only a file is opened.
    private static FrameSource OpenReference(string path) => File.Exists(path)
        ? Create(new SourceConfig { Name = Path.GetFileName(path), Uri = new SourceUri(SourceKind.Video, Path.GetFullPath(path)) })
        : throw new SourceException($"the recording refers to '{path}', which does not exist", canRetry: false);
}
