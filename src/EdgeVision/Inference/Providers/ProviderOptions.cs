using System.Globalization;

namespace EdgeVision;

/// <summary>
/// Options of execution providers by ONNX Runtime's names. A name alone goes to every provider that knows it (<c>device_id</c>,
/// <c>trt_fp16_enable</c>) and must be known; one behind a provider's name (<c>cuda.gpu_mem_limit</c>) goes to that provider as it is, also where it is
/// newer than this list; <c>session.…</c>, <c>ep.…</c>, <c>optimization.…</c> and <c>mlas.…</c> go into the session's configuration.
/// </summary>
public static class ProviderOptions
{
    private static readonly string[] SessionAreas = ["session.", "ep.", "optimization.", "mlas."];

    private static readonly Dictionary<Provider, string[]> Known = new()
    {
        [Provider.Cpu] = [],
        [Provider.Cuda] =
        [
            "device_id", "gpu_mem_limit", "arena_extend_strategy", "cudnn_conv_algo_search", "cudnn_conv_use_max_workspace", "cudnn_conv1d_pad_to_nc1d",
            "do_copy_in_default_stream", "enable_cuda_graph", "use_tf32", "prefer_nhwc", "fuse_conv_bias", "user_compute_stream", "has_user_compute_stream",
            "use_ep_level_unified_stream", "enable_skip_layer_norm_strict_mode", "sdpa_kernel", "enable_cudnn", "tunable_op_enable", "tunable_op_tuning_enable",
            "tunable_op_max_tuning_duration_ms", "gpu_external_alloc", "gpu_external_free", "gpu_external_empty_cache",
        ],
        [Provider.TensorRt] =
        [
            "device_id", "user_compute_stream", "has_user_compute_stream", "trt_max_workspace_size", "trt_max_partition_iterations", "trt_min_subgraph_size",
            "trt_fp16_enable", "trt_bf16_enable", "trt_int8_enable", "trt_int8_calibration_table_name", "trt_int8_use_native_calibration_table", "trt_dla_enable", "trt_dla_core",
            "trt_dump_subgraphs", "trt_engine_cache_enable", "trt_engine_cache_path", "trt_engine_cache_prefix", "trt_engine_hw_compatible",
            "trt_engine_decryption_enable", "trt_engine_decryption_lib_path", "trt_weight_stripped_engine_enable", "trt_onnx_model_folder_path",
            "trt_force_sequential_engine_build", "trt_context_memory_sharing_enable", "trt_layer_norm_fp32_fallback", "trt_timing_cache_enable",
            "trt_timing_cache_path", "trt_force_timing_cache", "trt_detailed_build_log", "trt_build_heuristics_enable", "trt_sparsity_enable",
            "trt_builder_optimization_level", "trt_auxiliary_streams", "trt_tactic_sources", "trt_extra_plugin_lib_paths", "trt_profile_min_shapes",
            "trt_profile_opt_shapes", "trt_profile_max_shapes", "trt_cuda_graph_enable", "trt_preview_features", "trt_dump_ep_context_model",
            "trt_ep_context_file_path", "trt_ep_context_embed_mode", "trt_op_types_to_exclude", "trt_load_user_initializer",
        ],
        [Provider.DirectMl] = ["device_id", "device_filter", "performance_preference", "disable_metacommands", "enable_graph_capture"],
        [Provider.OpenVino] =
        [
            "device_type", "device_id", "precision", "num_of_threads", "num_streams", "cache_dir", "load_config", "context", "model_priority", "reshape_input", "layout",
            "enable_opencl_throttling", "enable_qdq_optimizer", "enable_causallm", "disable_dynamic_shapes",
        ],
        [Provider.Xnnpack] = ["intra_op_num_threads"],
        [Provider.CoreMl] =
        [
            "ModelFormat", "MLComputeUnits", "RequireStaticInputShapes", "EnableOnSubgraphs", "SpecializationStrategy", "ProfileComputePlan",
            "AllowLowPrecisionAccumulationOnGPU", "ModelCacheDirectory",
        ],
        [Provider.Qnn] =
        [
            "backend_type", "backend_path", "device_id", "soc_model", "htp_arch", "htp_performance_mode", "htp_graph_finalization_optimization_mode", "vtcm_mb",
            "rpc_control_latency", "qnn_context_priority", "qnn_saver_path", "profiling_level", "profiling_file_path", "enable_htp_fp16_precision",
            "enable_htp_weight_sharing", "enable_htp_spill_fill_buffer", "enable_htp_shared_memory_allocator", "offload_graph_io_quantization",
            "dump_json_qnn_graph", "json_qnn_graph_dir", "op_packages",
        ],
        [Provider.Acl] = ["enable_fast_math"],
        [Provider.Plugin] = [],
    };

    /// <summary>Names that a provider is known to take.</summary>
    public static IReadOnlyList<string> NamesOf(Provider provider) => Known[provider];

    /// <summary>Options out of typed ones, each behind its provider's name.</summary>
    public static IReadOnlyDictionary<string, string> Of(params ExecutionProviderOptions[] options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var all = new Dictionary<string, string>();
        foreach (var typed in options)
        {
            foreach (var (name, value) in typed.ToDictionary())
            {
                all[$"{typed.Provider.Name()}.{name}"] = value;
            }
        }

        return all;
    }

    /// <summary>Options out of texts such as <c>cuda.gpu_mem_limit=2147483648</c>; of two with one name the later counts.</summary>
    /// <exception cref="ArgumentException">One is no NAME=VALUE, or <see cref="Check"/> finds fault with it.</exception>
    public static Dictionary<string, string> Parse(IEnumerable<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var options = new Dictionary<string, string>();
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            options[equals > 0 ? text[..equals].Trim() : throw new ArgumentException($"an option of providers is NAME=VALUE, such as device_id=1; '{text}' is not")] = text[(equals + 1)..].Trim();
        }

        Check(options);
        return options;
    }

    /// <summary>Whether names are known and devices are numbers.</summary>
    /// <exception cref="ArgumentException">They are not; the message has the name that was probably meant.</exception>
    public static void Check(IReadOnlyDictionary<string, string> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var (key, value) in options)
        {
            if (IsOfSession(key))
            {
                continue;
            }

            int dot = key.IndexOf('.', StringComparison.Ordinal);
            if (dot >= 0 && !ProviderNames.All.Contains(key[..dot], StringComparer.OrdinalIgnoreCase))
            {
                throw new ArgumentException($"'{key[..dot]}' in '{key}' is no provider{Hint(key[..dot], ProviderNames.All)}; use {string.Join(", ", ProviderNames.All)}, or {string.Join(", ", SessionAreas.Select(a => a + "…"))} for the session's configuration");
            }

            if (dot < 0 && !Known.Values.Any(names => names.Contains(key)))
            {
                throw new ArgumentException($"no provider is known to take '{key}'{Hint(key, Known.Values.SelectMany(n => n))}; write it behind a provider's name, such as cuda.{key}, where you know better");
            }

            if (key[(dot + 1)..] == "device_id" && !(uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id <= 1024)
                && (dot < 0 || !key.StartsWith("openvino", StringComparison.OrdinalIgnoreCase)))
            {
                throw new ArgumentException($"{key} is the number of a device, from 0; '{value}' is not");
            }
        }
    }

    /// <summary>Whether a key belongs into the session's configuration, not to a provider.</summary>
    internal static bool IsOfSession(string key) => Array.Exists(SessionAreas, a => key.StartsWith(a, StringComparison.Ordinal));

    /// <summary>What goes to a provider: names alone that it knows, and those behind its name, which win.</summary>
    internal static Dictionary<string, string> For(Provider provider, IReadOnlyDictionary<string, string> options)
    {
        string prefix = provider.Name() + ".";
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

    /// <summary>The device that a provider's options name; 0 where none is named.</summary>
    internal static int Device(IReadOnlyDictionary<string, string> options) =>
        options.TryGetValue("device_id", out string? id) && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int device) ? device : 0;

    /// <summary>Whether a value means yes, as ONNX Runtime reads it.</summary>
    internal static bool IsOn(string value) => value is "1" || value.Equals("true", StringComparison.OrdinalIgnoreCase);

    private static string Hint(string name, IEnumerable<string> known)
    {
        var near = known.Distinct().Select(k => (Name: k, Distance: Distance(name, k))).MinBy(k => k.Distance);
        return near.Distance <= Math.Max(2, name.Length / 4) ? $" (did you mean {near.Name}?)" : "";
    }

    // Levenshtein's, whatever the case.
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
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
