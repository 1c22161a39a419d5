using Microsoft.ML.OnnxRuntime;

namespace EdgeVision;

/// <content>Session of an engine: the first one, or the fallback to the next provider.</content>
public sealed partial class InferenceEngine
{
    private bool MayFallBack => _session is { OnDevice: true, Settled: false } && !_loader.Policy.Required && !_runOptions.Terminate;

    // Called after ONNX Runtime rejected a run or a binding: switches to the next provider that succeeds at the same step. If
    // none does, the input or the model is at fault and everything stays as it was.
    private void FallBack(OnnxRuntimeException why)
    {
        var failed = _session;
        lock (_loader.Replacing)
        {
            if (_loader.Replacement is { } ready && ready != failed && ready.TryAdd())
            {
                try
                {
                    EnterAndRun(ready); // another engine of the same session failed before
                    failed.Release();
                    return;
                }
                catch (OnnxRuntimeException e)
                {
                    Return(failed, ready);
                    throw RunError(e);
                }
            }

            var from = failed;
            string reason = $"it failed at its first run: {OneLine.Of(why.Message)}";
            while (from.OnDevice)
            {
                EngineSession next;
                try
                {
                    next = _loader.OpenNext(from, reason);
                }
                catch (EdgeVisionException)
                {
                    break;
                }

                try
                {
                    EnterAndRun(next);
                    _loader.Replacement = next;
                    Release(from, unless: failed);
                    failed.Release();
                    _loader.Tell($"{failed.Report.Active[0].Name()} failed at the first run of {_loader.Name}; "
                        + $"{next.Report.Active[0].Name()} runs it from now on: {OneLine.Of(why.Message)}");
                    return;
                }
                catch (Exception e) when (e is OnnxRuntimeException or EdgeVisionException)
                {
                    Release(from, unless: failed);
                    (from, reason) = (next, $"it failed at its first run: {OneLine.Of(e.Message)}");
                }
            }

            Return(failed, from);
            throw RunError(why);
        }
    }

    private static void Release(EngineSession session, EngineSession unless)
    {
        if (session != unless)
        {
            session.Release();
        }
    }

    // Returns to the failed session; it is bound when it is used again.
    private void Return(EngineSession failed, EngineSession left)
    {
        Leave(failed);
        failed.Settled = true;
        Release(left, unless: failed);
    }

    // Moves the tensors, with their contents, to the memory of another session.
    private void Leave(EngineSession to)
    {
        Unbind();
        Array.ForEach(_outputTensors, t => t.Dispose());
        Array.ForEach(_inputTensors, t => t.MoveTo(to.Memory?.Host));
        _session = to;
        RunPlainly();
    }

    private void EnterAndRun(EngineSession session)
    {
        int items = _items;
        Leave(session);
        Bind();
        if (_binding is null)
        {
            return; // nothing to run while dimensions are open
        }

        if (items > 0)
        {
            (_items, _smaller) = (items, _smallerBatches[items] = BindBatch(items));
        }

        RunOn(_smaller ?? _binding);
    }

    private void BindOrFallBack()
    {
        try
        {
            Bind();
        }
        catch (OnnxRuntimeException e) when (MayFallBack)
        {
            FallBack(e);
        }
        catch (OnnxRuntimeException e)
        {
            throw DoesNotRun(e);
        }

        if (_loader.Policy.Required && !_session.Placed && _binding is not null)
        {
            _session.Placed = true;
            RequirePlacement();
        }
    }

    private void RequirePlacement()
    {
        var policy = _loader.Policy;
        if (policy.Providers[0] == Provider.Cpu && Providers.Active.Count == 1)
        {
            return;
        }

        var placement = MeasurePlacement();
        _session.Report = _session.Report with { Placement = placement };
        ProviderSelection.RequirePlacement(policy, _loader.Native, placement, _loader.Path);
    }
}
