using System.Runtime.InteropServices;
using EdgeVision.Inference;
using EdgeVision.Results;
using EdgeVision.Specs;
using EdgeVision.Tensors;

namespace EdgeVision.Profiling.Measurement;

/// <summary>A loaded model under measurement: from frames to results, or the network alone.</summary>
internal sealed class ProfileSubject : IMeasuredWork, IDisposable
{
    private readonly VisionModel? _model;
    private readonly Frame? _frame;
    private readonly Frame[] _frames = [];
    private readonly VisionResult[] _results = [];

    private ProfileSubject(VisionModel model, Frame frame, int batch)
    {
        (_model, Engine, _frame) = (model, model.Engine, frame);
        _frames = [.. Enumerable.Repeat(frame, batch)];
        _results = [.. Enumerable.Range(0, batch).Select(_ => new VisionResult())];
    }

    private ProfileSubject(InferenceEngine engine) => Engine = engine;

    /// <summary>Engine that runs the network.</summary>
    public InferenceEngine Engine { get; }

    /// <summary>Spec of the model; null if only its network runs.</summary>
    public ModelSpec? Spec => _model?.Spec;

    /// <summary>Width and height of the network's input; null if no input has the shape of an image.</summary>
    public (int Width, int Height)? Size { get; private init; }

    /// <inheritdoc/>
    public StageTimes LastStages
    {
        get
        {
            if (_model is not null)
            {
                return _model.LastStages;
            }

            var (copyIn, run, copyOut) = Engine.LastRun;
            return new StageTimes(
                0, ProfileClock.Nanoseconds(copyIn), ProfileClock.Nanoseconds(run), ProfileClock.Nanoseconds(copyOut), 0);
        }
    }

    /// <inheritdoc/>
    public void Run()
    {
        if (_model is null)
        {
            Engine.Run();
        }
        else if (_frames.Length == 1)
        {
            _model.Run(_frame!, _results[0]);
        }
        else
        {
            _model.RunBatch(_frames, _results);
        }
    }

    /// <summary>Loads a model.</summary>
    /// <param name="request">Model and configuration.</param>
    /// <param name="options">Options, which contain the frame size.</param>
    /// <param name="frame">
    /// Image to run the model on, stretched to the frame size; when null, the image of its self-test, or a drawn pattern.
    /// </param>
    /// <exception cref="EdgeVisionException">The model cannot be loaded as requested.</exception>
    public static ProfileSubject Load(ProfileRequest request, ProfileOptions options, Frame? frame)
    {
        var policy = ModelProfiler.GetProviderPolicy(request.Provider);
        var threads = ThreadBudget.FromCores(request.Threads);
        if (options.NetworkOnly)
        {
            return LoadNetwork(request, policy, threads);
        }

        VisionModel model;
        try
        {
            model = VisionModel.Load(request.Model, new RuntimeOptions
            {
                Providers = policy,
                ProviderOptions = request.ProviderOptions,
                ProviderLibrary = request.ProviderLibrary,
                Threads = threads,
                SpecPath = request.Spec,
                BatchSize = request.Batch,
                InputSize = request is { Width: { } w, Height: { } h } ? (w, h) : null,
            });
        }
        catch (ModelFormatException e) when (e.IsSpecMissing)
        {
            return LoadNetwork(request, policy, threads);
        }

        try
        {
            var shown = ProfileFrame.Create(model.Spec, options, frame);
            return new ProfileSubject(model, shown, request.Batch)
            {
                Size = (model.Spec.Input.Width, model.Spec.Input.Height),
            };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _frame?.Dispose();
        if (_model is not null)
        {
            _model.Dispose();
        }
        else
        {
            Engine.Dispose();
        }
    }

    // Inputs are random: kernels may skip zeros, and denormals would slow others down.
    private static ProfileSubject LoadNetwork(ProfileRequest request, ProviderPolicy policy, ThreadBudget threads)
    {
        var engine = new InferenceEngine(request.Model, new EngineOptions
        {
            Providers = policy,
            ProviderOptions = request.ProviderOptions,
            ProviderLibrary = request.ProviderLibrary,
            Threads = threads,
        });
        try
        {
            (int, int)? size = null;
            var random = new Random(1);
            for (int i = 0; i < engine.Inputs.Count; i++)
            {
                var info = engine.Inputs[i];
                long[] shape = ProfileShape.Resolve(info, request);
                size ??= ProfileShape.GetImageSize(shape);
                if (!engine.GetInputShape(i).SequenceEqual(shape))
                {
                    engine.Resize(i, shape);
                }
            }

            for (int i = 0; i < engine.Inputs.Count; i++)
            {
                FillInput(engine.GetInputBytes(i), engine.Inputs[i].Element, random);
            }

            return new ProfileSubject(engine) { Size = size };
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <summary>Fills an input with random numbers from 0 to 1, or bytes; with zeros for other element types.</summary>
    internal static void FillInput(Span<byte> bytes, TensorElement element, Random random)
    {
        switch (element)
        {
            case TensorElement.Float32:
                foreach (ref float value in MemoryMarshal.Cast<byte, float>(bytes))
                {
                    value = random.NextSingle();
                }

                break;
            case TensorElement.Float16:
                foreach (ref Half value in MemoryMarshal.Cast<byte, Half>(bytes))
                {
                    value = (Half)random.NextSingle();
                }

                break;
            case TensorElement.UInt8 or TensorElement.Int8:
                random.NextBytes(bytes);
                break;
            default:
                bytes.Clear(); // indices, sizes and switches: any other number may be out of their range
                break;
        }
    }
}
