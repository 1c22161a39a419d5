using EdgeVision.Decoding;
using EdgeVision.Specs;
using EdgeVision.Tensors;

namespace EdgeVision.Models;

/// <summary>Runs the decoders of all heads of a model on the outputs of one inference.</summary>
/// <remarks>
/// Deployment, self-tests and the evaluation of weights during training decode with it, so results are the same. It owns the decoders'
/// buffers: each instance serves one thread at a time and allocates nothing in steady state.
/// </remarks>
public sealed class HeadRunner
{
    private readonly ModelSpec _spec;
    private readonly OutputDecoder[] _decoders;

    /// <summary>Creates the decoders of a model's heads.</summary>
    /// <param name="spec">Spec of the model.</param>
    /// <param name="graphOutputs">All outputs of the graph, with -1 for dynamic dimensions.</param>
    /// <param name="options">Thresholds.</param>
    /// <exception cref="SpecException">
    /// A decoder is unknown, a parameter is invalid, or two heads produce the same part of a result.
    /// </exception>
    /// <exception cref="ModelFormatException">The graph's outputs do not match a decoder.</exception>
    public HeadRunner(ModelSpec spec, IReadOnlyList<TensorInfo> graphOutputs, DecoderOptions options)
    {
        ArgumentNullException.ThrowIfNull(spec);
        _spec = spec;
        _decoders = [.. spec.Outputs.Select(o => DecoderRegistry.Create(spec, o, graphOutputs, options))];
        ProducesDetections = Produces(OutputKind.Detections);
        ProducesMasks = _decoders.Any(d => d.ProducesMasks);
        ProducesKeypoints = _decoders.Any(d => d.ProducesKeypoints);
        IsTopDown = _decoders.Any(d => d.IsTopDown);
        for (int i = 0; i < _decoders.Length; i++)
        {
            int other = Array.FindIndex(_decoders, d => d.Produces == _decoders[i].Produces);
            if (other < i)
            {
                throw new SpecException(
                    $"outputs[{other}] ({spec.Outputs[other].Decoder}) and outputs[{i}] ({spec.Outputs[i].Decoder}) "
                    + $"both produce {_decoders[i].Produces.ToString().ToLowerInvariant()}; "
                    + "a model can have one head for each part of a result");
            }
        }
    }

    /// <summary>Gets the decoders, in the order of the spec's outputs.</summary>
    public IReadOnlyList<OutputDecoder> Decoders => _decoders;

    /// <summary>Gets whether a head produces detections.</summary>
    public bool ProducesDetections { get; }

    /// <summary>Gets whether the detections have masks.</summary>
    public bool ProducesMasks { get; }

    /// <summary>Gets whether the detections have keypoints.</summary>
    public bool ProducesKeypoints { get; }

    /// <summary>Gets whether a head is top-down: its result is the one instance that fills the input.</summary>
    public bool IsTopDown { get; }

    /// <summary>Returns whether a head produces this part of a result.</summary>
    public bool Produces(OutputKind part)
    {
        foreach (var decoder in _decoders)
        {
            if (decoder.Produces == part)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Decodes one frame's outputs of all heads into <paramref name="result"/>, which must be empty.</summary>
    /// <remarks>The size of the frame and the transform, the class names and the skeleton are set as well.</remarks>
    /// <param name="outputs">Outputs of the graph.</param>
    /// <param name="item">Index of the frame in the batch.</param>
    /// <param name="transform">Map from the input to the frame.</param>
    /// <param name="result">Result to fill.</param>
    /// <exception cref="ModelFormatException">A shape does not match its decoder.</exception>
    /// <exception cref="InvalidOutputException">An output contains NaN or infinity.</exception>
    public void Decode(TensorSet outputs, int item, in FrameTransform transform, VisionResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        (result.FrameWidth, result.FrameHeight) = (transform.FrameWidth, transform.FrameHeight);
        result.Transform = transform;
        result.HasDetections = ProducesDetections;
        result.Detections.Skeleton = _spec.Skeleton ?? [];
        for (int i = 0; i < _decoders.Length; i++)
        {
            _decoders[i].SetLabels(result, _spec.Outputs[i].Labels ?? _spec.Labels);
            _decoders[i].Decode(outputs, item, transform, result);
        }
    }
}
