#!/bin/sh
# Checks this package where it lies: every file against MANIFEST.sha256, what the machine offers, the self-test of each model, and the pipeline.
# EDGEVISION_LAUNCHER stands before the program, such as an emulator and its arguments. Exit code 0 where all is well, 1 where not.
set -u
cd "$(dirname "$0")" || exit 1
failed=0

edgevision() { ${EDGEVISION_LAUNCHER:-} ./bin/edgevision "$@"; }

files() {
  checked=$(sha256sum -c MANIFEST.sha256 2>&1) && return
  printf '%s\n' "$checked" | grep -v ': OK$'
  return 1
}

step() {
  what=$1
  shift
  if said=$("$@" 2>&1); then
    echo "ok      $what"
  else
    failed=1
    echo "FAILED  $what"
    printf '%s\n' "$said" | sed 's/^/        /'
  fi
}

# As systemd reads it: NAME=value, a line each. Nothing in it is executed.
for settings in environment /etc/{{NAME}}/environment; do
  if [ -r "$settings" ]; then
    while IFS= read -r line || [ -n "$line" ]; do
      case $line in
        [A-Za-z_]*=*) export "$line" ;;
      esac
    done < "$settings"
    break
  fi
done
if [ -z "${CREDENTIALS_DIRECTORY:-}" ] && [ -r /etc/{{NAME}}/secrets ]; then
  export CREDENTIALS_DIRECTORY=/etc/{{NAME}}/secrets
fi

step 'files' files
step 'program' edgevision doctor
[ "$failed" = 1 ] || printf '%s\n' "$said" | sed 's/^/        /'
{{MODELS}}
step 'pipeline.yaml' edgevision pipeline check pipeline.yaml
[ "$failed" = 0 ] && echo 'all is well'
exit "$failed"
