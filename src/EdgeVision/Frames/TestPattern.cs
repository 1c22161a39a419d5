namespace EdgeVision.Frames;

/// <summary>Object of a test pattern in one frame.</summary>
/// <param name="Id">Id of the object, from 1, the same in every frame.</param>
/// <param name="ClassId">Index into <see cref="TestPattern.Labels"/>: 0 rectangle, 1 disc.</param>
/// <param name="Label">Name of the class.</param>
/// <param name="Box">Bounding box in pixels of the frame; objects with higher ids are drawn over those with lower ones.</param>
public readonly record struct PatternObject(int Id, int ClassId, string Label, Box Box);

/// <summary>Draws a synthetic scene of rectangles and discs that move over a checkered background, with known ground truth.</summary>
/// <remarks>
/// Objects turn back at the border; their positions in any frame follow from the seed alone. Each frame encodes its sequence number as
/// blocks in its upper left corner (<see cref="ReadSequence"/>). Everything is drawn in cells of 2x2 pixels, so that it is the same in
/// formats with subsampled chroma.
/// </remarks>
public sealed class TestPattern
{
    // 32 bits of the sequence number in four rows of eight blocks, and a check row.
    private const int CodeColumns = 8, CodeRows = 5, Check = 0xA5;
    private const int Tile = 32;

    private readonly record struct Mover(int Width, int Height, double X, double Y, double SpeedX, double SpeedY, PatternColor Colour);

    private static readonly PatternColor White = new(255, 255, 255), Black = new(0, 0, 0);
    private static readonly PatternColor Light = new(112, 116, 124), Dark = new(84, 88, 96);

    private readonly TestPatternOptions _options;
    private readonly Mover[] _movers;
    private readonly byte[] _ground;

    /// <summary>Creates the scene.</summary>
    /// <exception cref="PipelineConfigException">A value of the options is out of its range.</exception>
    public TestPattern(TestPatternOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        var random = new Random(options.Seed);
        _movers = new Mover[options.ObjectCount];
        double small = Math.Min(options.Width, options.Height) / 2.0;
        for (int i = 0; i < _movers.Length; i++)
        {
            int width = ToCells(small * (0.12 + 0.14 * random.NextDouble())), height = ToCells(small * (0.12 + 0.14 * random.NextDouble()));
            _movers[i] = new Mover(
                width, height,
                random.NextDouble() * (options.Width / 2 - width), random.NextDouble() * (options.Height / 2 - height),
                NextSpeed(random, options.Width), NextSpeed(random, options.Height),
                CreateHue(i * 0.381966)); // the golden ratio keeps neighbouring hues apart, however many there are
        }

        using var ground = Frame.Rent(options.Format, options.Width, options.Height);
        for (int y = 0; y < options.Height; y += Tile)
        {
            for (int x = 0; x < options.Width; x += Tile)
            {
                var colour = (x / Tile + y / Tile) % 2 == 0 ? Light : Dark;
                colour.Fill(ground, x, y, Math.Min(x + Tile, options.Width), Math.Min(y + Tile, options.Height));
            }
        }

        _ground = ground.Data.ToArray();
    }

    /// <summary>Names of the classes.</summary>
    public static IReadOnlyList<string> Labels { get; } = ["rectangle", "disc"];

    /// <summary>Number of objects.</summary>
    public int Count => _movers.Length;

    /// <summary>Returns all objects in frame <paramref name="frame"/>, ordered by id.</summary>
    public IReadOnlyList<PatternObject> GetObjects(long frame)
    {
        var objects = new PatternObject[_movers.Length];
        for (int i = 0; i < objects.Length; i++)
        {
            objects[i] = GetObject(frame, i);
        }

        return objects;
    }

    /// <summary>Returns object <paramref name="index"/>, from 0, in frame <paramref name="frame"/>.</summary>
    public PatternObject GetObject(long frame, int index)
    {
        ref readonly var mover = ref _movers[index];
        double seconds = frame / _options.FrameRate;
        int x = Reflect(mover.X + mover.SpeedX * seconds, _options.Width / 2 - mover.Width);
        int y = Reflect(mover.Y + mover.SpeedY * seconds, _options.Height / 2 - mover.Height);
        var box = new Box(2 * x, 2 * y, 2 * (x + mover.Width), 2 * (y + mover.Height));
        return new PatternObject(index + 1, index % 2, Labels[index % 2], box);
    }

    /// <summary>Draws frame <paramref name="number"/>.</summary>
    /// <param name="frame">Frame of the format and size of the options, without row padding.</param>
    /// <param name="number">Sequence number of the frame, from 0.</param>
    public void Draw(Frame frame, long number)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (frame.Format != _options.Format
            || frame.Width != _options.Width
            || frame.Height != _options.Height
            || frame.Data.Length != _ground.Length)
        {
            throw new ArgumentException(
                $"the frame must be {_options.Width}x{_options.Height} {_options.Format} without row padding; "
                    + $"got {frame.Width}x{frame.Height} {frame.Format}",
                nameof(frame));
        }

        _ground.CopyTo(frame.MutableData);
        for (int i = 0; i < _movers.Length; i++)
        {
            var thing = GetObject(number, i);
            var box = thing.Box;
            (int x1, int y1, int x2, int y2) = ((int)box.X1, (int)box.Y1, (int)box.X2, (int)box.Y2);
            if (thing.ClassId == 0)
            {
                _movers[i].Colour.Fill(frame, x1, y1, x2, y2);
            }
            else
            {
                DrawDisc(frame, _movers[i].Colour, x1, y1, x2, y2);
            }
        }

        int block = GetBlockSide(frame);
        for (int row = 0; row < CodeRows; row++)
        {
            for (int column = 0, bits = GetCodeRow(number, row); column < CodeColumns; column++)
            {
                var colour = (bits >> (CodeColumns - 1 - column) & 1) != 0 ? White : Black;
                colour.Fill(frame, column * block, row * block, (column + 1) * block, (row + 1) * block);
            }
        }
    }

    /// <summary>Reads the sequence number encoded in a frame, modulo 2^32, even after lossy coding; null if there is none.</summary>
    /// <param name="frame">Frame of the size in which it was drawn, in any format.</param>
    public static long? ReadSequence(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        int block = GetBlockSide(frame);
        if (frame.Width < CodeColumns * block || frame.Height < CodeRows * block)
        {
            return null;
        }

        uint number = 0;
        for (int row = 0; row < CodeRows; row++)
        {
            int bits = 0;
            for (int column = 0; column < CodeColumns; column++)
            {
                bits = bits << 1 | (GetBrightness(frame, column * block + block / 2, row * block + block / 2) >= 128 ? 1 : 0);
            }

            if (row == CodeRows - 1)
            {
                return bits == GetCodeRow(number, row) ? number : null;
            }

            number = number << 8 | (uint)bits;
        }

        return null;
    }

    /// <summary>Returns the colour of object <paramref name="index"/>, for tests that check pixels.</summary>
    internal PatternColor GetColor(int index) => _movers[index].Colour;

    private static int GetCodeRow(long number, int row) => row < 4
        ? (int)(number >> 8 * (3 - row) & 0xFF)
        : (int)((number ^ number >> 8 ^ number >> 16 ^ number >> 24) & 0xFF ^ Check);

    private static int GetBlockSide(Frame frame) => Math.Max(2, Math.Min(frame.Width, frame.Height) / 120 * 2);

    private static int GetBrightness(Frame frame, int x, int y) => frame.Format switch
    {
        PixelFormat.Gray8 or PixelFormat.Nv12 or PixelFormat.I420 => frame.Data[y * frame.Stride + x],
        PixelFormat.Yuy2 => frame.Data[y * frame.Stride + 2 * x],
        var packed => frame.Data[y * frame.Stride + Frame.GetBytesPerPixel(packed) * x + 1], // green tells black from white
    };

    private static void DrawDisc(Frame frame, PatternColor colour, int x1, int y1, int x2, int y2)
    {
        double middle = (x1 + x2) / 2.0, halfWidth = (x2 - x1) / 2.0, halfHeight = (y2 - y1) / 2.0;
        for (int y = y1; y < y2; y += 2)
        {
            double up = (y + 1 - (y1 + y2) / 2.0) / halfHeight;
            int reach = 2 * (int)Math.Round(halfWidth * Math.Sqrt(1 - up * up) / 2);
            int left = 2 * (int)Math.Round((middle - reach) / 2);
            colour.Fill(frame, Math.Max(left, x1), y, Math.Min(left + 2 * reach, x2), y + 2);
        }
    }

    // Back and forth between 0 and range.
    private static int Reflect(double place, int range)
    {
        if (range <= 0)
        {
            return 0;
        }

        double turn = place % (2.0 * range);
        turn = turn < 0 ? turn + 2.0 * range : turn;
        return (int)Math.Round(turn <= range ? turn : 2.0 * range - turn);
    }

    private static int ToCells(double cells) => Math.Max(2, (int)cells);

    // Cells per second; crosses a side in three to ten seconds.
    private static double NextSpeed(Random random, int side) =>
        side / 2.0 * (0.1 + 0.23 * random.NextDouble()) * (random.Next(2) == 0 ? 1 : -1);

    private static PatternColor CreateHue(double turn)
    {
        double h = turn % 1 * 6;
        byte Part(double shift)
        {
            double k = (shift + h) % 6;
            return (byte)Math.Round(235 - 215 * Math.Clamp(Math.Min(k, 4 - k), 0, 1));
        }

        return new PatternColor(Part(5), Part(3), Part(1));
    }
}
