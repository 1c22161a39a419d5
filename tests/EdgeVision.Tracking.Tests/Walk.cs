namespace EdgeVision.Tracking.Tests;

/// <summary>Boxes that walk through a picture of 1000 by 1000 pixels, meet, are hidden for a while and are found with noise.</summary>
internal sealed class Walk(int seed, int objects)
{
    private readonly Random _random = new(seed);
    private readonly (double X, double Y, double W, double H, double Vx, double Vy)[] _objects = [.. Make(new Random(seed + 1000), objects)];

    /// <summary>One frame's detections [x1, y1, x2, y2, score] and whose each is.</summary>
    public (List<double[]> Found, List<int> Whose) Next()
    {
        List<(double[], int)> found = [];
        for (int i = 0; i < _objects.Length; i++)
        {
            ref var o = ref _objects[i];
            (o.X, o.Y) = (o.X + o.Vx, o.Y + o.Vy);
            (o.Vx, o.Vy) = (o.X is < 50 or > 950 ? -o.Vx : o.Vx, o.Y is < 50 or > 950 ? -o.Vy : o.Vy);
            if (_random.NextDouble() < 0.85)
            {
                double Noise() => (_random.NextDouble() - 0.5) * 6;
                found.Add(([o.X - o.W / 2 + Noise(), o.Y - o.H / 2 + Noise(), o.X + o.W / 2 + Noise(), o.Y + o.H / 2 + Noise(), 0.15 + 0.85 * Math.Sqrt(_random.NextDouble())], i));
            }
        }

        if (_random.Next(4) == 0)
        {
            double x = _random.NextDouble() * 900, y = _random.NextDouble() * 900;
            found.Add(([x, y, x + 60, y + 80, 0.4 + 0.4 * _random.NextDouble()], -1));
        }

        var shuffled = found.OrderBy(_ => _random.Next()).ToList();
        return ([.. shuffled.Select(f => f.Item1)], [.. shuffled.Select(f => f.Item2)]);
    }

    private static IEnumerable<(double, double, double, double, double, double)> Make(Random random, int objects)
    {
        for (int i = 0; i < objects; i++)
        {
            yield return (random.NextDouble() * 800 + 100, random.NextDouble() * 800 + 100, 40 + random.NextDouble() * 60, 60 + random.NextDouble() * 90,
                (random.NextDouble() - 0.5) * 16, (random.NextDouble() - 0.5) * 10);
        }
    }
}
