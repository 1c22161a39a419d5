using EdgeVision.Evaluation.Mot;
using Xunit;

namespace EdgeVision.Evaluation.Tests;

/// <summary>Sequences whose figures are worked out by hand from the definitions.</summary>
public sealed class MotEvaluatorTests
{
    [Fact]
    public void What_is_right_is_right_in_every_figure()
    {
        var truth = Frames(10, f => [(1, f), (2, 200 + f)]);
        var s = Judge(truth, Frames(10, f => [(7, f), (3, 200 + f)]));
        Assert.Equal((1.0, 1.0, 1.0, 1.0), (Math.Round(s.Hota, 12), s.Mota, s.Idf1, Math.Round(s.LocA, 12)));
        Assert.Equal((0, 0, 0, 0), (s.IdSwitches, s.Fragments, s.Misses, s.FalsePositives));
        Assert.Equal((2, 2, 0, 20), (s.Objects, s.MostlyTracked, s.MostlyLost, s.Boxes));
    }

    [Fact]
    public void A_change_of_track_half_way()
    {
        var s = Judge(Frames(10, f => [(1, f)]), Frames(10, f => [(f < 5 ? 1 : 2, f)]));
        Assert.Equal(1, s.IdSwitches);
        Assert.Equal(0.9, s.Mota, 1e-12); // (10 - 0 - 1) / 10
        Assert.Equal(0.5, s.Idf1, 1e-12); // 5 / (5 + 5/2 + 5/2)
        Assert.Equal(1, s.DetA, 1e-12);
        Assert.Equal(0.5, s.AssA, 1e-12); // each match: 5 / (10 + 5 - 5)
        Assert.Equal(Math.Sqrt(0.5), s.Hota, 1e-12);
        Assert.Equal(0, s.Fragments);
    }

    [Fact]
    public void Boxes_half_beside_count_below_their_overlap()
    {
        // IoU 1/3: found for the six overlaps 0.05 to 0.30 of nineteen, and not at 0.5.
        var s = Judge(Frames(10, f => [(1, f)]), Frames(10, f => [(1, f + 20)]));
        Assert.Equal(-1, s.Mota, 1e-12);
        Assert.Equal(0, s.Idf1, 1e-12);
        Assert.Equal(6 / 19.0, s.Hota, 1e-9);
        Assert.Equal((6 / 3.0 + 13) / 19, s.LocA, 1e-6);
        Assert.Equal((1, 0), (s.MostlyLost, s.MostlyTracked));
    }

    [Fact]
    public void Misses_false_alarms_and_fragments()
    {
        // Object 1 is missed on frames 3 and 4 while object 2 is found; a false alarm stands on frames 0 to 2.
        var s = Judge(Frames(10, f => [(1, f), (2, 200)]), Frames(10, f => [.. f is 3 or 4 ? (IEnumerable<(int, int)>)[] : [(1, f)], (2, 200), .. f < 3 ? (IEnumerable<(int, int)>)[(9, 700)] : []]));
        Assert.Equal((18, 2, 3, 0, 1), (s.TruePositives, s.Misses, s.FalsePositives, s.IdSwitches, s.Fragments));
        Assert.Equal(15 / 20.0, s.Mota, 1e-12);
        Assert.Equal(18 / (18 + 1.5 + 1), s.Idf1, 1e-12);
        Assert.Equal(18 / 21.0, s.IdPrecision, 1e-12);
        Assert.Equal(18 / 20.0, s.IdRecall, 1e-12);
        Assert.Equal(18 / 23.0, s.DetA, 1e-12);
        Assert.Equal((8 * 0.8 + 10) / 18, s.AssA, 1e-12); // object 1: 8 / (10 + 8 - 8)
        Assert.Equal(1, s.MostlyTracked); // eight of ten frames are not more than 80 %
    }

    [Fact]
    public void A_match_goes_on_where_another_overlaps_more()
    {
        // From frame 5 on a second track lies exactly on the object, and the first a little beside.
        var s = Judge(Frames(10, f => [(1, 0)]), Frames(10, f => f < 5 ? [(1, 0)] : [(2, 0), (1, 4)]));
        Assert.Equal((0, 5), (s.IdSwitches, s.FalsePositives));
    }

    [Fact]
    public void Sequences_are_joined_by_their_counts()
    {
        var evaluator = new MotEvaluator();
        evaluator.Add(Frames(10, f => [(1, f)]), Frames(10, f => [(1, f)]));
        evaluator.Add(Frames(30, f => [(1, f)]), Frames(30, f => []));
        var s = evaluator.Summarize();
        Assert.Equal(0.25, s.Mota, 1e-12);
        Assert.Equal(0.25, s.DetA, 1e-12);
        Assert.Equal(1, s.AssA, 1e-12);
        Assert.Equal(10 / (10 + 15.0), s.Idf1, 1e-12);
        Assert.Equal(2, s.Objects);
    }

    [Fact]
    public void Names_and_order_do_not_matter()
    {
        var random = new Random(6);
        List<IReadOnlyList<MotBox>> truth = [], found = [], renamed = [];
        for (int f = 0; f < 40; f++)
        {
            List<MotBox> t = [], d = [];
            for (int i = 0; i < 6; i++)
            {
                float x = i * 25 + f + random.NextSingle() * 10, w = 40;
                t.Add(new MotBox(i, new Box(x, 0, x + w, 50)));
                if (random.Next(5) > 0)
                {
                    d.Add(new MotBox(random.Next(12) == 0 ? 100 + f * 10 + i : i, new Box(x + random.NextSingle() * 25, 0, x + w, 50)));
                }
            }

            truth.Add(t);
            found.Add(d);
            renamed.Add([.. d.AsEnumerable().Reverse().Select(b => new MotBox(5000 - b.Id, b.Box))]);
        }

        MotSummary one = Judge(truth, found), other = Judge(truth, renamed);
        Assert.InRange(one.Hota, 0.3, 0.95);
        Assert.Equal(one.Hota, other.Hota, 1e-12);
        Assert.Equal((one.Mota, one.Idf1, one.IdSwitches, one.Fragments), (other.Mota, other.Idf1, other.IdSwitches, other.Fragments));
    }

    [Fact]
    public void Nothing_at_all_is_no_error()
    {
        var s = new MotEvaluator().Summarize();
        Assert.Equal((0, 0, 0), (s.Hota, s.Mota, s.Idf1));
        var empty = Judge(Frames(3, _ => []), Frames(3, _ => []));
        Assert.Equal(0, empty.Boxes);
    }

    [Fact]
    public void Frames_fit_and_identities_stand_once()
    {
        Assert.Throws<ArgumentException>(() => Judge(Frames(3, _ => []), Frames(2, _ => [])));
        Assert.Throws<ArgumentException>(() => Judge(Frames(3, f => [(1, f), (1, 90)]), Frames(3, _ => [])));
    }

    private static MotSummary Judge(IReadOnlyList<IReadOnlyList<MotBox>> truth, IReadOnlyList<IReadOnlyList<MotBox>> found)
    {
        var evaluator = new MotEvaluator();
        evaluator.Add(truth, found);
        return evaluator.Summarize();
    }

    // Squares of 40 pixels at the places given.
    private static List<IReadOnlyList<MotBox>> Frames(int count, Func<int, IEnumerable<(int Id, int X)>> boxes) =>
        [.. Enumerable.Range(0, count).Select(f => (IReadOnlyList<MotBox>)[.. boxes(f).Select(b => new MotBox(b.Id, new Box(b.X, 0, b.X + 40, 40)))])];
}
