using System.Text.Json.Serialization;

namespace EdgeVision.Profiling;

/// <summary>Energy of a measurement.</summary>
/// <param name="Source">Sensor, such as "rapl package-0" or "ina3221 VDD_IN".</param>
/// <param name="JoulesPerRun">Energy per run of everything that the sensor measures.</param>
/// <param name="Watts">Mean power.</param>
public sealed record ProfileEnergy(string Source, double JoulesPerRun, double Watts);
