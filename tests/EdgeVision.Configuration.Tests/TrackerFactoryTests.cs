using EdgeVision.TestSupport;
using EdgeVision.Tracking;
using Xunit;

namespace EdgeVision.Configuration.Tests;

/// <summary>Trackers by name, and the one that has a model of its own.</summary>
public sealed class TrackerFactoryTests
{
    [Theory]
    [InlineData(TrackerKind.ByteTrack, typeof(ByteTracker))]
    [InlineData(TrackerKind.OcSort, typeof(OcSortTracker))]
    [InlineData(TrackerKind.BotSort, typeof(BotSortTracker))]
    public void Each_kind_is_its_tracker(TrackerKind kind, Type type) => Assert.IsType(type, TrackerFactory.Create(new TrackingConfig { Tracker = kind }));

    [Fact]
    public void Looks_need_a_frame_only_where_there_is_something_to_look_at()
    {
        using var tracker = Assert.IsType<AppearanceTracker>(TrackerFactory.Create(new TrackingConfig { Tracker = TrackerKind.BotSort, AppearanceModel = Model("families-triplet") }));
        using var frame = Frame.Rent(PixelFormat.Bgr24, 200, 200);
        frame.MutableData.Fill(90);
        var detections = new Detections();
        detections.Clear();
        detections.Add(new Box(20, 20, 80, 120), 0.9f, 0);
        detections.Add(new Box(300, 300, 350, 350), 0.9f, 0); // outside of the picture: it has no looks
        tracker.Update(detections, frame);
        Assert.Equal(2, tracker.Tracks.Length);
        Assert.Throws<ArgumentNullException>(() => tracker.Update(detections));

        // A gap in time is filled with frames that never were.
        detections.Clear();
        tracker.Update(detections);
        Assert.Equal(0, tracker.Tracks.Length);
    }

    [Fact]
    public void A_model_without_embeddings_is_refused() =>
        Assert.Contains("must output an embedding", Assert.Throws<PipelineConfigException>(() => TrackerFactory.Create(new TrackingConfig { Tracker = TrackerKind.BotSort, AppearanceModel = Model("shapes-fpn") })).Message);

    private static string Model(string name) => Path.Combine(Repository.Root, "models", name + ".onnx");
}
