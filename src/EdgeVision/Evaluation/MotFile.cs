using System.Globalization;

namespace EdgeVision;

/// <summary>Tracks as text, a line a box, as MOTChallenge has them: <c>frame, id, left, top, width, height, score, …</c>; frames count from 1.</summary>
public static class MotFile
{
    /// <summary>Longest sequence that is read: a day at 30 frames a second, with room.</summary>
    public const int MostFrames = 10_000_000;

    /// <summary>Reads boxes by frame.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="name">The file's name, for errors.</param>
    /// <param name="dropUnmarked">Whether boxes whose seventh number is 0 are left out: in a file of truths those are not to be judged.</param>
    /// <returns>Boxes of frame 1, 2, … up to the last that has any.</returns>
    /// <exception cref="FrameFormatException">A line is none of this format, or an identity stands twice on a frame.</exception>
    public static List<List<MotBox>> Read(TextReader reader, string name, bool dropUnmarked)
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
            while (read < n.Length && read < parts.Length && double.TryParse(parts[read], NumberStyles.Float, CultureInfo.InvariantCulture, out n[read]) && double.IsFinite(n[read]))
            {
                read++;
            }

            if (read < Math.Min(parts.Length, 7) || read < 6)
            {
                throw new FrameFormatException($"{name}, line {number}: expected 'frame, id, left, top, width, height, score', got '{(line.Length > 80 ? line[..80] + "…" : line)}'");
            }

            if (n[0] is < 1 or > MostFrames || n[0] != Math.Floor(n[0]) || Math.Abs(n[1]) > int.MaxValue || n[1] != Math.Floor(n[1]) || n[4] < 0 || n[5] < 0)
            {
                throw new FrameFormatException($"{name}, line {number}: the frame is a whole number from 1 to {MostFrames}, the id a whole number, and the size at least 0");
            }

            if (dropUnmarked && read == 7 && n[6] == 0)
            {
                continue;
            }

            int frame = (int)n[0], id = (int)n[1];
            if (!seen.Add((frame, id)))
            {
                throw new FrameFormatException($"{name}, line {number}: id {id} stands twice on frame {frame}");
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
    /// <param name="writer">Where to.</param>
    /// <param name="frame">From 1.</param>
    /// <param name="tracks">The tracks.</param>
    public static void Write(TextWriter writer, long frame, ReadOnlySpan<Track> tracks)
    {
        ArgumentNullException.ThrowIfNull(writer);
        foreach (var t in tracks)
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"{frame},{t.Id},{t.Box.X1:F2},{t.Box.Y1:F2},{t.Box.Width:F2},{t.Box.Height:F2},{t.Score:F4},-1,-1,-1\n"));
        }
    }
}
