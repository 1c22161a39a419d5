using Xunit;

namespace EdgeVision.Tracking.Tests;

/// <summary>Against the textbook filter with whole matrices.</summary>
public sealed class PlanarFilterTests
{
    [Fact]
    public void Equals_the_filter_with_whole_matrices()
    {
        var random = new Random(3);
        var filter = KalmanFilter2D.Create(10, 20, 4, 9, 1, 2);
        double[,] x = { { 10 }, { 20 }, { 0 }, { 0 } };
        double[,] p = Diagonal(4, 9, 1, 2), f = Diagonal(1, 1, 1, 1), h = { { 1, 0, 0, 0 }, { 0, 1, 0, 0 } };
        (f[0, 2], f[1, 3]) = (1, 1);
        for (int step = 0; step < 40; step++)
        {
            filter.Predict(0.3, 0.2, 0.05, 0.04);
            x = Product(f, x);
            p = Sum(Product(Product(f, p), Turned(f)), Diagonal(0.3, 0.2, 0.05, 0.04), 1);

            var motion = new AffineMotion(0.99, 0.05, 0, -0.04, 1.01, 0);
            double[,] turn = { { 0.99, 0.05, 0, 0 }, { -0.04, 1.01, 0, 0 }, { 0, 0, 0.99, 0.05 }, { 0, 0, -0.04, 1.01 } };
            filter.ApplyLinearPart(motion);
            x = Product(turn, x);
            p = Product(Product(turn, p), Turned(turn));

            double[,] z = { { 10 + step + random.NextDouble() }, { 20 - step + random.NextDouble() } };
            filter.Update(z[0, 0], z[1, 0], 0.7, 1.1);
            double[,] s = Sum(Product(Product(h, p), Turned(h)), Diagonal(0.7, 1.1), 1);
            double determinant = s[0, 0] * s[1, 1] - s[0, 1] * s[1, 0];
            double[,] inverse = { { s[1, 1] / determinant, -s[0, 1] / determinant }, { -s[1, 0] / determinant, s[0, 0] / determinant } };
            double[,] gain = Product(Product(p, Turned(h)), inverse);
            x = Sum(x, Product(gain, Sum(z, Product(h, x), -1)), 1);
            p = Sum(p, Product(Product(gain, s), Turned(gain)), -1);

            Assert.Equal(x[0, 0], filter.X, 1e-9);
            Assert.Equal(x[1, 0], filter.Y, 1e-9);
            Assert.Equal(x[2, 0], filter.VelocityX, 1e-9);
            Assert.Equal(x[3, 0], filter.VelocityY, 1e-9);
        }

        // It has learnt the motion, turned by the camera.
        Assert.True(Math.Abs(filter.VelocityX) > 0.3);
    }

    private static double[,] Diagonal(params double[] values)
    {
        double[,] m = new double[values.Length, values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            m[i, i] = values[i];
        }

        return m;
    }

    private static double[,] Product(double[,] a, double[,] b)
    {
        double[,] c = new double[a.GetLength(0), b.GetLength(1)];
        for (int i = 0; i < c.GetLength(0); i++)
        {
            for (int j = 0; j < c.GetLength(1); j++)
            {
                for (int k = 0; k < a.GetLength(1); k++)
                {
                    c[i, j] += a[i, k] * b[k, j];
                }
            }
        }

        return c;
    }

    private static double[,] Sum(double[,] a, double[,] b, double sign)
    {
        double[,] c = (double[,])a.Clone();
        for (int i = 0; i < c.GetLength(0); i++)
        {
            for (int j = 0; j < c.GetLength(1); j++)
            {
                c[i, j] += sign * b[i, j];
            }
        }

        return c;
    }

    private static double[,] Turned(double[,] a)
    {
        double[,] c = new double[a.GetLength(1), a.GetLength(0)];
        for (int i = 0; i < c.GetLength(0); i++)
        {
            for (int j = 0; j < c.GetLength(1); j++)
            {
                c[i, j] = a[j, i];
            }
        }

        return c;
    }
}
