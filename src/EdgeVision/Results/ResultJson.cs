using System.Text.Json;

namespace EdgeVision.Results;

/// <summary>Writes results as JSON: one object per frame, with stable field names; fields that do not apply are omitted.</summary>
public static class ResultJson
{
    /// <summary>Writes the object of one frame.</summary>
    /// <remarks>
    /// Boxes and keypoints are in pixels of the frame, distances in meters, times in milliseconds. Class areas of a segmentation, by class
    /// id, are in pixels of the plane of <paramref name="masks"/> (of the input for <see cref="MaskPlane.None"/> too); <c>size</c>
    /// [height, width] is the counted part of that plane, which shows the frame.
    /// </remarks>
    public static void Write(Utf8JsonWriter writer, VisionResult result, string source, long sequence, TimeSpan timestamp,
        string model, MaskPlane masks = MaskPlane.Input) =>
        Write<object?>(writer, result, source, sequence, timestamp, model, masks, null, null);

    /// <summary>Writes the object of one frame with further fields between the results and their times.</summary>
    /// <param name="writer">Receives the object.</param>
    /// <param name="result">Results of the frame.</param>
    /// <param name="source">Name of the source.</param>
    /// <param name="sequence">Number of the frame, from 0.</param>
    /// <param name="timestamp">Time of the frame since the source began.</param>
    /// <param name="model">Name of the model.</param>
    /// <param name="masks">Plane of the masks.</param>
    /// <param name="state">Passed to <paramref name="additions"/>, so that it can be a static lambda.</param>
    /// <param name="additions">Writes the further fields into the open object; null for none.</param>
    public static void Write<TState>(Utf8JsonWriter writer, VisionResult result, string source, long sequence, TimeSpan timestamp,
        string model, MaskPlane masks, TState state, Action<Utf8JsonWriter, TState>? additions)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(result);
        writer.WriteStartObject();
        writer.WriteString("source"u8, source);
        writer.WriteNumber("frame"u8, sequence);
        writer.WriteNumber("timestamp_ms"u8, Math.Round(timestamp.TotalMilliseconds, 3));
        writer.WriteNumber("width"u8, result.FrameWidth);
        writer.WriteNumber("height"u8, result.FrameHeight);
        writer.WriteString("model"u8, model);
        WriteFields(writer, result, masks);
        additions?.Invoke(writer, state);

        writer.WriteStartObject("timing_ms"u8);
        writer.WriteNumber("preprocess"u8, Math.Round(result.Timing.PreprocessMs, 3));
        writer.WriteNumber("inference"u8, Math.Round(result.Timing.InferenceMs, 3));
        writer.WriteNumber("postprocess"u8, Math.Round(result.Timing.PostprocessMs, 3));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Writes the results as fields of the open object.</summary>
    public static void WriteFields(Utf8JsonWriter writer, VisionResult result, MaskPlane masks)
    {
        bool nothingElse = result.Classification.Count == 0 && result.Embedding.Count == 0
            && result.Segmentation.Width == 0 && result.Depth.Width == 0;
        if (result.HasDetections || result.Detections.Count > 0 || nothingElse)
        {
            Detections(writer, result, masks);
        }

        if (result.Classification.Count > 0)
        {
            writer.WriteStartArray("classes"u8);
            for (int i = 0; i < result.Classification.Count; i++)
            {
                writer.WriteStartObject();
                writer.WriteNumber("class_id"u8, result.Classification.ClassIds[i]);
                writer.WriteString("label"u8, result.Classification.GetClassLabel(result.Classification.ClassIds[i]));
                Number(writer, "score"u8, result.Classification.Scores[i], 6);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        if (result.Embedding.Count > 0)
        {
            writer.WriteStartArray("embedding"u8);
            foreach (float v in result.Embedding.Values)
            {
                writer.WriteNumberValue(v);
            }

            writer.WriteEndArray();
        }

        if (result.Segmentation.Width > 0)
        {
            Segmentation(writer, result.Segmentation, masks);
        }

        if (result.Depth.Width > 0)
        {
            var range = result.Depth.ComputeRange();
            writer.WriteStartObject("depth"u8);
            Size(writer, result.Depth.Width, result.Depth.Height);
            Number(writer, "min"u8, range.Minimum, 4);
            Number(writer, "median"u8, range.Median, 4);
            Number(writer, "max"u8, range.Maximum, 4);
            writer.WriteEndObject();
        }
    }

    private static void Detections(Utf8JsonWriter writer, VisionResult result, MaskPlane masks)
    {
        var d = result.Detections;
        writer.WriteStartArray("detections"u8);
        for (int i = 0; i < d.Count; i++)
        {
            writer.WriteStartObject();
            writer.WriteNumber("class_id"u8, d.ClassIds[i]);
            writer.WriteString("label"u8, d.GetLabel(i));
            Number(writer, "score"u8, d.Scores[i], 6);
            var b = d.Boxes[i];
            Numbers(writer, "box"u8, [b.X1, b.Y1, b.X2, b.Y2]);
            if (d.HasRotation)
            {
                var r = d.RotatedBoxes[i];
                writer.WriteStartArray("rbox"u8);
                Value(writer, r.CenterX, 3);
                Value(writer, r.CenterY, 3);
                Value(writer, r.Width, 3);
                Value(writer, r.Height, 3);
                Value(writer, r.Angle, 6);
                writer.WriteEndArray();
                Number(writer, "rotation"u8, r.Angle, 6);
            }

            if (d.KeypointCount > 0)
            {
                writer.WriteStartArray("keypoints"u8);
                foreach (var p in d.GetKeypoints(i))
                {
                    writer.WriteStartArray();
                    Value(writer, p.X, 3);
                    Value(writer, p.Y, 3);
                    Value(writer, p.Score, 6);
                    writer.WriteEndArray();
                }

                writer.WriteEndArray();
            }

            if (d.HasTracks && d.TrackIds[i] > 0)
            {
                writer.WriteNumber("track_id"u8, d.TrackIds[i]);
            }

            if (d.HasMasks && masks != MaskPlane.None)
            {
                Mask(writer, result, i, masks);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Mask(Utf8JsonWriter writer, VisionResult result, int index, MaskPlane plane)
    {
        var d = result.Detections;
        int width = d.MaskWidth, height = d.MaskHeight;
        string counts;
        if (plane == MaskPlane.Input)
        {
            counts = RunLengthMask.Encode(d, index);
        }
        else
        {
            (width, height) = (result.FrameWidth, result.FrameHeight);
            var t = result.Transform;
            var region = d.GetMaskRegion(index);
            byte[] mask = d.GetMask(index).ToArray();
            counts = RunLengthMask.Encode(width, height, (x, y) =>
            {
                int mx = (int)MathF.Floor(t.ToInputX(x + 0.5f)) - region.X;
                int my = (int)MathF.Floor(t.ToInputY(y + 0.5f)) - region.Y;
                return (uint)mx < (uint)region.Width && (uint)my < (uint)region.Height && mask[my * region.Width + mx] != 0;
            });
        }

        writer.WriteStartObject("mask"u8);
        Size(writer, width, height);
        writer.WriteString("counts"u8, counts);
        writer.WriteEndObject();
    }

    // The size is that of the counted part, so that the areas add up to it: padding and pixels beside a crop belong to no class.
    private static void Segmentation(Utf8JsonWriter writer, SegmentationMap map, MaskPlane plane)
    {
        Span<long> areas = stackalloc long[256];
        var (width, height) = plane == MaskPlane.Frame ? map.CountFrameAreas(areas) : map.CountAreas(areas);
        Span<byte> name = stackalloc byte[3];
        writer.WriteStartObject("segmentation"u8);
        Size(writer, width, height);
        writer.WriteStartObject("class_areas"u8);
        for (int id = 0; id < areas.Length; id++)
        {
            if (areas[id] > 0)
            {
                id.TryFormat(name, out int length, provider: System.Globalization.CultureInfo.InvariantCulture);
                writer.WriteNumber(name[..length], areas[id]);
            }
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Size(Utf8JsonWriter writer, int width, int height)
    {
        writer.WriteStartArray("size"u8);
        writer.WriteNumberValue(height);
        writer.WriteNumberValue(width);
        writer.WriteEndArray();
    }

    private static void Numbers(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<float> values)
    {
        writer.WriteStartArray(name);
        foreach (float v in values)
        {
            Value(writer, v, 3);
        }

        writer.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter writer, ReadOnlySpan<byte> name, float value, int digits)
    {
        writer.WritePropertyName(name);
        Value(writer, value, digits);
    }

    private static void Value(Utf8JsonWriter writer, float value, int digits) =>
        writer.WriteNumberValue(Math.Round((double)value, digits));
}
