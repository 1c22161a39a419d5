using System.Globalization;

namespace EdgeVision.Inference.Providers;

/// <summary>Parses and validates options of execution providers, by ONNX Runtime's names.</summary>
/// <remarks>
/// An unprefixed name (<c>device_id</c>, <c>trt_fp16_enable</c>) applies to every provider that supports it and must be in the list of
/// known names. A prefixed name (<c>cuda.gpu_mem_limit</c>) is passed to that provider unchecked, so that newer options work too.
/// <c>session.…</c>, <c>ep.…</c>, <c>optimization.…</c> and <c>mlas.…</c> are entries of the session's configuration.
/// </remarks>
public static class ProviderOptions
{
    private static readonly string[] SessionPrefixes = ["session.", "ep.", "optimization.", "mlas."];

    private static readonly Dictionary<Provider, string[]> Known = new()
    {
        [Provider.Cpu] = [],
        [Provider.Cuda] =
        [
            "device_id", "gpu_mem_limit", "arena_extend_strategy", "cudnn_conv_algo_search", "cudnn_conv_use_max_workspace",
            "cudnn_conv1d_pad_to_nc1d", "do_copy_in_default_stream", "enable_cuda_graph", "use_tf32", "prefer_nhwc", "fuse_conv_bias",
            "user_compute_stream", "has_user_compute_stream", "use_ep_level_unified_stream", "enable_skip_layer_norm_strict_mode",
            "sdpa_kernel", "enable_cudnn", "tunable_op_enable", "tunable_op_tuning_enable", "tunable_op_max_tuning_duration_ms",
            "gpu_external_alloc", "gpu_external_free", "gpu_external_empty_cache",
        ],
        [Provider.TensorRt] =
        [
            "device_id", "user_compute_stream", "has_user_compute_stream", "trt_max_workspace_size",
            "trt_max_partition_iterations", "trt_min_subgraph_size",
            "trt_fp16_enable", "trt_bf16_enable", "trt_int8_enable", "trt_int8_calibration_table_name",
            "trt_int8_use_native_calibration_table", "trt_dla_enable", "trt_dla_core",
            "trt_dump_subgraphs", "trt_engine_cache_enable", "trt_engine_cache_path", "trt_engine_cache_prefix", "trt_engine_hw_compatible",
            "trt_engine_decryption_enable", "trt_engine_decryption_lib_path", "trt_weight_stripped_engine_enable",
            "trt_onnx_model_folder_path", "trt_force_sequential_engine_build", "trt_context_memory_sharing_enable",
            "trt_layer_norm_fp32_fallback", "trt_timing_cache_enable", "trt_timing_cache_path", "trt_force_timing_cache",
            "trt_detailed_build_log", "trt_build_heuristics_enable", "trt_sparsity_enable", "trt_builder_optimization_level",
            "trt_auxiliary_streams", "trt_tactic_sources", "trt_extra_plugin_lib_paths", "trt_profile_min_shapes",
            "trt_profile_opt_shapes", "trt_profile_max_shapes", "trt_cuda_graph_enable", "trt_preview_features",
            "trt_dump_ep_context_model",
            "trt_ep_context_file_path", "trt_ep_context_embed_mode", "trt_op_types_to_exclude", "trt_load_user_initializer",
        ],
        [Provider.DirectMl] = ["device_id", "device_filter", "performance_preference", "disable_metacommands", "enable_graph_capture"],
        [Provider.OpenVino] =
        [
            "device_type", "device_id", "precision", "num_of_threads", "num_streams", "cache_dir", "load_config", "context",
            "model_priority", "reshape_input", "layout",
            "enable_opencl_throttling", "enable_qdq_optimizer", "enable_causallm", "disable_dynamic_shapes",
        ],
        [Provider.Xnnpack] = ["intra_op_num_threads"],
        [Provider.CoreMl] =
        [
            "ModelFormat", "MLComputeUnits", "RequireStaticInputShapes", "EnableOnSubgraphs", "SpecializationStrategy",
            "ProfileComputePlan", "AllowLowPrecisionAccumulationOnGPU", "ModelCacheDirectory",
        ],
        [Provider.Qnn] =
        [
            "backend_type", "backend_path", "device_id", "soc_model", "htp_arch", "htp_performance_mode",
            "htp_graph_finalization_optimization_mode", "vtcm_mb", "rpc_control_latency", "qnn_context_priority", "qnn_saver_path",
            "profiling_level", "profiling_file_path", "enable_htp_fp16_precision", "enable_htp_weight_sharing",
            "enable_htp_spill_fill_buffer", "enable_htp_shared_memory_allocator", "offload_graph_io_quantization",
            "dump_json_qnn_graph", "json_qnn_graph_dir", "op_packages",
        ],
        [Provider.Acl] = ["enable_fast_math"],
        [Provider.Plugin] = [],
    };

    /// <summary>Returns the option names that a provider is known to support.</summary>
    public static IReadOnlyList<string> GetNames(Provider provider) => Known[provider];

    /// <summary>Converts typed options, each prefixed with its provider's name.</summary>
    public static IReadOnlyDictionary<string, string> FromTyped(params ExecutionProviderOptions[] options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var all = new Dictionary<string, string>();
        foreach (var typed in options)
        {
            foreach (var (name, value) in typed.ToDictionary())
            {
                all[$"{typed.Provider.GetName()}.{name}"] = value;
            }
        }

        return all;
    }

    /// <summary>Parses options such as <c>cuda.gpu_mem_limit=2147483648</c>; the last of equal names wins.</summary>
    /// <exception cref="ArgumentException">A text is not NAME=VALUE, or <see cref="Validate"/> rejects it.</exception>
    public static Dictionary<string, string> Parse(IEnumerable<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var options = new Dictionary<string, string>();
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            string name = equals > 0
                ? text[..equals].Trim()
                : throw new ArgumentException($"a provider option must be NAME=VALUE, such as device_id=1; got '{text}'");
            options[name] = text[(equals + 1)..].Trim();
        }

        Validate(options);
        return options;
    }

    /// <summary>Validates that names are known and device ids are numbers.</summary>
    /// <exception cref="ArgumentException">An option is invalid; the message suggests a similar name.</exception>
    public static void Validate(IReadOnlyDictionary<string, string> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var (key, value) in options)
        {
            if (IsSessionOption(key))
            {
                continue;
            }

            int dot = key.IndexOf('.', StringComparison.Ordinal);
            if (dot >= 0 && !ProviderNames.All.Contains(key[..dot], StringComparer.OrdinalIgnoreCase))
            {
                throw new ArgumentException(
                    $"'{key[..dot]}' in '{key}' is not a provider{Hint(key[..dot], ProviderNames.All)}; "
                    + $"use {string.Join(", ", ProviderNames.All)}, "
                    + $"or {string.Join(", ", SessionPrefixes.Select(a => a + "…"))} for the session's configuration");
            }

            if (dot < 0 && !Known.Values.Any(names => names.Contains(key)))
            {
                throw new ArgumentException(
                    $"'{key}' is not a known provider option{Hint(key, Known.Values.SelectMany(n => n))}; "
                    + $"prefix it with a provider's name, such as cuda.{key}, to pass it unchecked");
            }

            if (key[(dot + 1)..] == "device_id"
                && !(uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id <= 1024)
                && (dot < 0 || !key.StartsWith("openvino", StringComparison.OrdinalIgnoreCase)))
            {
                throw new ArgumentException($"{key} must be the index of a device, 0 to 1024; got '{value}'");
            }
        }
    }

    /// <summary>Returns whether an option belongs to the session's configuration, not to a provider.</summary>
    internal static bool IsSessionOption(string key) => Array.Exists(SessionPrefixes, a => key.StartsWith(a, StringComparison.Ordinal));

    /// <summary>Returns the options of a provider: unprefixed ones that it supports, and prefixed ones, which win.</summary>
    internal static Dictionary<string, string> GetOptions(Provider provider, IReadOnlyDictionary<string, string> options)
    {
        string prefix = provider.GetName() + ".";
        var own = options.Where(o => Known[provider].Contains(o.Key)).ToDictionary(o => o.Key, o => o.Value);
        foreach (var (key, value) in options)
        {
            if (key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                own[key[prefix.Length..]] = value;
            }
        }

        return own;
    }

    /// <summary>Returns the device index in a provider's options; 0 if there is none.</summary>
    internal static int GetDeviceId(IReadOnlyDictionary<string, string> options) =>
        options.TryGetValue("device_id", out string? id)
        && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int device)
            ? device
            : 0;

    /// <summary>Returns whether ONNX Runtime reads a value as true.</summary>
    internal static bool IsTrue(string value) => value is "1" || value.Equals("true", StringComparison.OrdinalIgnoreCase);

    private static string Hint(string name, IEnumerable<string> known)
    {
        var near = known.Distinct().Select(k => (Name: k, Distance: Distance(name, k))).MinBy(k => k.Distance);
        return near.Distance <= Math.Max(2, name.Length / 4) ? $" (did you mean {near.Name}?)" : "";
    }

    // Levenshtein distance, case-insensitive.
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                bool same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (same ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
