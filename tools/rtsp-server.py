"""Serves the H.264 video of a file in a loop over RTSP. Run by rtsp-server.sh, which says how."""
import argparse
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstApp, GstRtspServer  # noqa: E402


def read_packets(path):
    """The file's caps and its packets as (bytes, pts, dts, duration), in decoding order; times in nanoseconds from the first picture."""
    pipeline = Gst.parse_launch(
        "filesrc name=file ! qtdemux ! h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au ! appsink name=out sync=false")
    pipeline.get_by_name("file").set_property("location", path)
    out = pipeline.get_by_name("out")
    pipeline.set_state(Gst.State.PLAYING)
    caps, packets = None, []
    while (sample := out.emit("try-pull-sample", 5 * Gst.SECOND)) is not None:
        buffer = sample.get_buffer()
        caps = caps or sample.get_caps()
        packets.append((buffer.extract_dup(0, buffer.get_size()), buffer.pts, buffer.dts, buffer.duration))
    error = pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if not packets:
        reason = error.parse_error()[0].message if error else "it has no H.264 in an MP4 or QuickTime file"
        sys.exit(f"rtsp-server: '{path}' cannot be served: {reason}")
    first = min(pts for _, pts, _, _ in packets)
    begin = min(dts for _, _, dts, _ in packets if dts != Gst.CLOCK_TIME_NONE)
    shift = min(first, begin)
    return caps, [(data, pts - shift, dts - shift, duration) for data, pts, dts, duration in packets]


class LoopingFactory(GstRtspServer.RTSPMediaFactory):
    """One stream that all clients share: the packets over and over, with times that only grow."""

    def __init__(self, caps, packets):
        super().__init__()
        self.caps, self.packets = caps, packets
        self.length = max(pts + duration for _, pts, _, duration in packets)
        self.set_shared(True)
        self.set_launch("( appsrc name=src is-live=true format=time block=false ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=1 )")

    def feed(self, media):
        source = media.get_element().get_by_name_recurse_up("src")
        source.set_property("caps", self.caps)
        state = {"next": 0}

        def push(_, __):
            turn, index = divmod(state["next"], len(self.packets))
            data, pts, dts, duration = self.packets[index]
            buffer = Gst.Buffer.new_wrapped(data)
            buffer.pts, buffer.dts, buffer.duration = pts + turn * self.length, dts + turn * self.length, duration
            state["next"] += 1
            source.emit("push-buffer", buffer)

        source.connect("need-data", push)


def main():
    parser = argparse.ArgumentParser(prog="rtsp-server.sh")
    parser.add_argument("file")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", default="8554")
    parser.add_argument("--path", default="/test")
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    arguments = parser.parse_args()
    Gst.init(None)
    caps, packets = read_packets(arguments.file)
    factory = LoopingFactory(caps, packets)
    factory.connect("media-configure", lambda _, media: factory.feed(media))

    server = GstRtspServer.RTSPServer()
    server.set_address(arguments.address)
    server.set_service(arguments.port)
    if arguments.user:
        auth = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(arguments.user, arguments.password), token)
        server.set_auth(auth)
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("viewer", "media.factory.access", True)
        permissions.add_permission_for_role("viewer", "media.factory.construct", True)
        factory.set_permissions(permissions)
    server.get_mount_points().add_factory(arguments.path, factory)
    if server.attach(None) == 0:
        sys.exit(f"rtsp-server: port {arguments.port} of {arguments.address} cannot be had; choose another with --port")

    loop = GLib.MainLoop()
    for number in (signal.SIGINT, signal.SIGTERM):
        GLib.unix_signal_add(GLib.PRIORITY_HIGH, number, loop.quit)
    print(f"rtsp://{arguments.address}:{server.get_bound_port()}{arguments.path}", flush=True)
    loop.run()


main()
