#pragma warning disable CA1812, CA1822, CS0649 // made-up types that nobody creates
using EdgeVision.Architecture.Tests.Samples.Upper;

namespace EdgeVision.Architecture.Tests.Samples.Lower
{
    internal sealed class Innocent
    {
        public List<int> Count(int[] values) => [.. values.Where(v => v > 0)];
    }

    internal sealed class InBase : Used;

    internal sealed class InInterface : IUsed;

    internal sealed class InField
    {
        public Used? Field;
    }

    internal abstract class InParameter
    {
        public abstract void Take(Used[] values);
    }

    internal abstract class InGenericArgument
    {
        public abstract Dictionary<string, List<Used>> Give();
    }

    internal sealed class InConstraint
    {
        public void Take<T>(T value)
            where T : IUsed => _ = value;
    }

    [Used]
    internal sealed class InAttribute;

    [System.ComponentModel.DefaultValue(typeof(List<Used>), "")]
    internal sealed class InAttributeArgument;

    [System.ComponentModel.DefaultValue(typeof(UsedThroughTheFirstArgumentOfAnAttribute), "")]
    internal sealed class InFirstArgument;

    internal sealed class InBody
    {
        public int Read() => Used.Value;
    }

    internal sealed class InLambda
    {
        public Func<int> Make(int add) => () => Used.Value + add;
    }

    internal sealed class InIterator
    {
        public IEnumerable<int> Read()
        {
            yield return Used.Value;
        }
    }

    internal sealed class InAsync
    {
        public async Task<int> Read()
        {
            await Task.Yield();
            return Used.Value;
        }
    }

    internal sealed class InTypeOf
    {
        public string Read() => typeof(Used).FullName!;
    }

    internal sealed class InCatch
    {
        public void Run(Action action)
        {
            try
            {
                action();
            }
            catch (Used)
            {
            }
        }
    }

    internal sealed class InNested
    {
        internal sealed class Nested
        {
            public int Read() => Used.Value;
        }
    }
}

namespace EdgeVision.Architecture.Tests.Samples.Upper
{
    internal sealed class InNamespaceOfUpper
    {
        public int Read() => Used.Value;
    }
}
