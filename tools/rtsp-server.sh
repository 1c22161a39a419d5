#!/usr/bin/env bash
# Serves a video file in a loop as an RTSP camera, for trying out and testing sources:
#   tools/rtsp-server.sh FILE [--port 8554] [--path /test] [--user NAME --password WORD] [--address 127.0.0.1]
# prints the address once it listens; --port 0 takes a free port. FILE is an MP4 or QuickTime file with H.264 in it; it is not encoded anew.
# Needs GStreamer from Debian or Ubuntu:
#   apt-get install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
set -euo pipefail
packages="python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad"
# The distribution's own Python has the distribution's bindings; one from elsewhere on the PATH has not.
for python in /usr/bin/python3 python3; do
  if "$python" -c "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer" 2>/dev/null; then
    exec "$python" "$(dirname "$0")/rtsp-server.py" "$@"
  fi
done
echo "rtsp-server.sh: GStreamer's RTSP server library is missing; run: apt-get install $packages" >&2
exit 1
