using System.Globalization;
using EdgeVision.Tracking;

namespace EdgeVision.Evaluation.Mot;

/// <summary>Reads and writes tracks in the MOTChallenge text format, one line per box.</summary>
/// <remarks>A line is <c>frame, id, left, top, width, height, score, …</c>; frames count from 1.</remarks>
public static class MotFile
{
    /// <summary>Maximum number of frames of a sequence: more than a day at 30 frames per second.</summary>
    public const int MaxFrames = 10_000_000;

    /// <summary>Reads boxes by frame.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="name">Name of the file, for errors.</param>
    /// <param name="skipIgnored">
    /// Whether to leave out boxes whose seventh number is 0: in a ground truth file these are not to be evaluated.
    /// </param>
    /// <returns>Boxes of frame 1, 2, … up to the last that has any.</returns>
    /// <exception cref="FrameFormatException">A line is not of this format, or an identity occurs twice on a frame.</exception>
    public static List<List<MotBox>> Read(TextReader reader, string name, bool skipIgnored)
    {
        ArgumentNullException.ThrowIfNull(reader);
        List<List<MotBox>> frames = [];
        HashSet<(int Frame, int Id)> seen = [];
        double[] n = new double[7];
        int number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            string[] parts = line.Split(',');
            int read = 0;
            while (read < n.Length && read < parts.Length
                && double.TryParse(parts[read], NumberStyles.Float, CultureInfo.InvariantCulture, out n[read])
                && double.IsFinite(n[read]))
            {
                read++;
            }

            if (read < Math.Min(parts.Length, 7) || read < 6)
            {
                throw new FrameFormatException(
                    $"{name}, line {number}: expected 'frame, id, left, top, width, height, score', " +
                    $"got '{(line.Length > 80 ? line[..80] + "…" : line)}'");
            }

            if (n[0] is < 1 or > MaxFrames || n[0] != Math.Floor(n[0])
                || Math.Abs(n[1]) > int.MaxValue || n[1] != Math.Floor(n[1])
                || n[4] < 0 || n[5] < 0)
            {
                throw new FrameFormatException(
                    $"{name}, line {number}: the frame must be an integer from 1 to {MaxFrames}, the id an integer, " +
                    "and width and height at least 0");
            }

            if (skipIgnored && read == 7 && n[6] == 0)
            {
                continue;
            }

            int frame = (int)n[0], id = (int)n[1];
            if (!seen.Add((frame, id)))
            {
                throw new FrameFormatException($"{name}, line {number}: id {id} occurs twice on frame {frame}");
            }

            while (frames.Count < frame)
            {
                frames.Add([]);
            }

            frames[frame - 1].Add(new MotBox(id, new Box((float)n[2], (float)n[3], (float)(n[2] + n[4]), (float)(n[3] + n[5]))));
        }

        return frames;
    }

    /// <summary>Writes the tracks of one frame.</summary>
    /// <param name="writer">Writer of the file.</param>
    /// <param name="frame">Number of the frame, from 1.</param>
    /// <param name="tracks">The tracks.</param>
    public static void Write(TextWriter writer, long frame, ReadOnlySpan<Track> tracks)
    {
        ArgumentNullException.ThrowIfNull(writer);
        foreach (var t in tracks)
        {
            writer.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"{frame},{t.Id},{t.Box.X1:F2},{t.Box.Y1:F2},{t.Box.Width:F2},{t.Box.Height:F2},{t.Score:F4},-1,-1,-1\n"));
        }
    }
}
