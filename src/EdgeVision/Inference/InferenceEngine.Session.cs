using EdgeVision.Diagnostics;
using EdgeVision.Inference.Providers;
using EdgeVision.Inference.Sessions;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Inference;

/// <content>Session of an engine: the first one, or the fallback to the next provider.</content>
public sealed partial class InferenceEngine
{
    private bool CanFallBack => _session is { IsOnDevice: true, IsConfirmed: false } && !_loader.Policy.IsRequired && !_runOptions.Terminate;

    // Called after ONNX Runtime rejected a run or a binding: switches to the next provider that succeeds at the same step. If
    // none does, the input or the model is at fault and everything stays as it was.
    private void FallBack(OnnxRuntimeException why)
    {
        var failed = _session;
        lock (_loader.ReplacementLock)
        {
            if (_loader.Replacement is { } ready && ready != failed && ready.TryAddReference())
            {
                try
                {
                    SwitchToAndRun(ready); // another engine of the same session failed before
                    failed.Release();
                    return;
                }
                catch (OnnxRuntimeException e)
                {
                    SwitchBack(failed, ready);
                    throw CreateRunError(e);
                }
            }

            var from = failed;
            string reason = $"it failed at its first run: {ErrorText.ToSingleLine(why.Message)}";
            while (from.IsOnDevice)
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
                    SwitchToAndRun(next);
                    _loader.Replacement = next;
                    Release(from, unless: failed);
                    failed.Release();
                    _loader.Warn($"{failed.Report.Active[0].GetName()} failed at the first run of {_loader.Name}; "
                        + $"{next.Report.Active[0].GetName()} runs it from now on: {ErrorText.ToSingleLine(why.Message)}");
                    return;
                }
                catch (Exception e) when (e is OnnxRuntimeException or EdgeVisionException)
                {
                    Release(from, unless: failed);
                    (from, reason) = (next, $"it failed at its first run: {ErrorText.ToSingleLine(e.Message)}");
                }
            }

            SwitchBack(failed, from);
            throw CreateRunError(why);
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
    private void SwitchBack(EngineSession failed, EngineSession left)
    {
        SwitchTo(failed);
        failed.IsConfirmed = true;
        Release(left, unless: failed);
    }

    // Moves the tensors, with their contents, to the memory of another session.
    private void SwitchTo(EngineSession to)
    {
        Unbind();
        Array.ForEach(_outputTensors, t => t.Dispose());
        Array.ForEach(_inputTensors, t => t.MoveTo(to.Memory?.HostAllocator));
        _session = to;
        DisableRecording();
    }

    private void SwitchToAndRun(EngineSession session)
    {
        int items = _items;
        SwitchTo(session);
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
        catch (OnnxRuntimeException e) when (CanFallBack)
        {
            FallBack(e);
        }
        catch (OnnxRuntimeException e)
        {
            throw CreateBindError(e);
        }

        if (_loader.Policy.IsRequired && !_session.IsPlacementChecked && _binding is not null)
        {
            _session.IsPlacementChecked = true;
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
