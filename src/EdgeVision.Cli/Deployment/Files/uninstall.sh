#!/bin/sh
# Takes away what install.sh brought. Settings in /etc/{{NAME}} and results in /var/lib/{{NAME}} stay, unless --purge is given.
#   sudo /opt/{{NAME}}/uninstall.sh [--purge]
set -eu
root=${DESTDIR:-}

say() { echo "uninstall.sh: $*"; }

case ${1:-} in
  '' | --purge) ;;
  *) say "'$1' is no option; --purge is the only one" >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || { say "needs root: sudo $0" >&2; exit 1; }

if [ -z "$root" ] && [ -d /run/systemd/system ] && [ -e /etc/systemd/system/{{NAME}}.service ]; then
  say "stopping {{NAME}}"
  systemctl disable --now --quiet {{NAME}}
fi
say "removing the service {{NAME}} and $root/opt/{{NAME}}"
rm -f "$root/etc/systemd/system/multi-user.target.wants/{{NAME}}.service" "$root/etc/systemd/system/{{NAME}}.service"
rm -rf "$root/opt/{{NAME}}" "$root/opt/{{NAME}}.new" "$root/opt/{{NAME}}.old"
if [ -z "$root" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
if [ "${1:-}" = --purge ]; then
  say "removing $root/etc/{{NAME}} and $root/var/lib/{{NAME}}"
  rm -rf "$root/etc/{{NAME}}" "$root/var/lib/{{NAME}}" "$root/var/lib/private/{{NAME}}"
fi
