namespace EdgeVision.Exporter.Training;

/// <summary>Learning rate schedule: cosine, one-cycle, step or constant.</summary>
/// <param name="Config">Settings.</param>
/// <param name="Steps">Number of steps of the whole run.</param>
/// <remarks>
/// cosine: linear rise, then half a cosine to 1 % of the maximum (Loshchilov and Hutter 2017). one-cycle: cosine from a 25th to
/// the maximum over 30 % of the steps, then cosine to a 10,000th of it (Smith 2018, as torch's OneCycleLR). step: linear rise,
/// then divided by ten at each milestone. constant: linear rise, then constant.
/// </remarks>
public sealed record LearningRateSchedule(OptimizationConfig Config, long Steps)
{
    private const double OneCycleRise = 0.3;

    /// <summary>Returns the rate of step <paramref name="step"/>, counted from 0.</summary>
    public double GetRate(long step)
    {
        double highest = Config.LearningRate;
        if (Config.Schedule == "one-cycle")
        {
            double rise = Math.Max(1, OneCycleRise * Steps);
            return step < rise
                ? Cosine(highest / 25, highest, step / rise)
                : Cosine(highest, highest / 1e4, Math.Min(1, (step - rise) / Math.Max(1, Steps - 1 - rise)));
        }

        double warm = Math.Max(1, Config.WarmUp * Steps);
        if (step < warm)
        {
            return highest * (step + 1) / warm;
        }

        return Config.Schedule switch
        {
            "step" => highest * Math.Pow(0.1, Config.Milestones.Count(m => step >= m * Steps)),
            "constant" => highest,
            _ => Cosine(highest, highest * 0.01, Math.Min(1, (step - warm) / Math.Max(1, Steps - warm))),
        };
    }

    private static double Cosine(double from, double to, double part) => to + (from - to) * 0.5 * (1 + Math.Cos(Math.PI * part));
}
