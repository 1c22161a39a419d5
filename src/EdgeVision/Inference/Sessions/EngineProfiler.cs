using System.Text.Json;
using EdgeVision.Diagnostics;
using EdgeVision.Inference.Providers;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Inference.Sessions;

/// <summary>Runs a model in a separate session that ONNX Runtime profiles.</summary>
internal static class EngineProfiler
{
    /// <summary>Runs the model <paramref name="runs"/> times on the inputs and reads the profile.</summary>
    /// <remarks><paramref name="read"/> also gets the folder of the profile, which is deleted afterwards.</remarks>
    /// <exception cref="EdgeVisionException">The model fails, or its profile cannot be read.</exception>
    public static T Run<T>(EngineLoader loader, IReadOnlyList<Provider> providers, OrtValue[] inputs, int runs,
        Func<Stream, string, T> read, Action<SessionOptions>? adapt = null)
    {
        string folder = Directory.CreateTempSubdirectory("edgevision-profile-").FullName;
        try
        {
            using var options = loader.CreateOptions();
            adapt?.Invoke(options);
            loader.AppendProviders(options, providers, graphs: false);
            options.ProfileOutputPathPrefix = Path.Combine(folder, "run");
            options.EnableProfiling = true;
            using var session = new InferenceSession(loader.Path, options);
            using var runOptions = new RunOptions();
            for (int i = 0; i < runs; i++)
            {
                session.Run(runOptions, session.InputNames, inputs, session.OutputNames).Dispose();
            }

            using var json = File.OpenRead(session.EndProfiling());
            return read(json, folder);
        }
        catch (Exception e) when (e is OnnxRuntimeException or ProviderFailedException or JsonException or IOException
            or UnauthorizedAccessException)
        {
            throw new EdgeVisionException($"'{loader.Path}' cannot be profiled: {ErrorText.ToSingleLine(e.Message)}", e);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
