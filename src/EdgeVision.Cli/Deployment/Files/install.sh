#!/bin/sh
# Installs this package: the program to /opt/{{NAME}}, settings to /etc/{{NAME}}, and the systemd service {{NAME}}, which writes to /var/lib/{{NAME}}.
# Run it again to upgrade or repair: settings and results stay.
#   sudo ./install.sh                     onto this machine
#   sudo DESTDIR=/mnt/image ./install.sh  into the file system of another
set -eu
umask 022
cd "$(dirname "$0")"
root=${DESTDIR:-}
to=$root/opt/{{NAME}}

say() { echo "install.sh: $*"; }
fail() { say "$*" >&2; exit 1; }

known() { # group or passwd, name
  grep -q "^$2:" "$root/etc/$1" 2>/dev/null || { [ -z "$root" ] && command -v getent >/dev/null && getent "$1" "$2" >/dev/null; }
}

[ "$(id -u)" = 0 ] || fail "needs root: sudo $0"
[ -n "$root" ] || [ "$(uname -m)" = {{MACHINE}} ] || fail "this package is for {{TARGET}}, and this machine is $(uname -m)"
sha256sum -c MANIFEST.sha256 >/dev/null 2>&1 || fail "files differ from MANIFEST.sha256; ./verify.sh says which: unpack the package again"

if [ "$(pwd -P)" != "$(cd "$to" 2>/dev/null && pwd -P)" ]; then
  say "copying to $to"
  rm -rf "$to.new" "$to.old"
  while read -r _ file; do
    mkdir -p "$(dirname "$to.new/$file")"
    cp "$file" "$to.new/$file"
  done < MANIFEST.sha256
  cp MANIFEST.sha256 "$to.new/MANIFEST.sha256"
  chmod 755 "$to.new"/bin/* "$to.new"/*.sh
  [ ! -e "$to" ] || mv "$to" "$to.old"
  mv "$to.new" "$to"
  rm -rf "$to.old"
fi

for group in video render; do
  if ! known group "$group"; then
    say "adding the group $group"
    groupadd ${root:+--root "$root"} --system "$group"
  fi
done
{{ADD_USER}}
mkdir -p "$root/etc/{{NAME}}/secrets"
chmod 700 "$root/etc/{{NAME}}/secrets"
if [ ! -e "$root/etc/{{NAME}}/environment" ]; then
  say "writing $root/etc/{{NAME}}/environment, to be filled in"
  (umask 077 && cp environment.example "$root/etc/{{NAME}}/environment")
fi

units=$root/etc/systemd/system
say "writing $units/{{NAME}}.service; it starts with the machine"
mkdir -p "$units/multi-user.target.wants"
cp {{NAME}}.service "$units/{{NAME}}.service"
ln -sf ../{{NAME}}.service "$units/multi-user.target.wants/{{NAME}}.service"
if [ -z "$root" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  if systemctl --quiet is-active {{NAME}}; then
    say "restarting {{NAME}}"
    systemctl restart {{NAME}}
  else
    say "done; fill in /etc/{{NAME}}/environment, check with /opt/{{NAME}}/verify.sh, then: systemctl start {{NAME}}"
  fi
else
  say "done; systemd does not run here, so nothing was started"
fi
