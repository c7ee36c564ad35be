#!/usr/bin/env bash
# A machine of its own for the commands of docs/operate.md: its own network, and changes to /etc, /opt, /usr/local and
# /var that nobody else sees. Stands in for what a container lacks: systemctl starts what the unit says, by hand, with
# the user, the read-only folders and the lack of privileges of the unit; npm ci takes what the checkout has installed.
# machine.sh REPOSITORY WORK SCRIPT
set -euo pipefail
repository=$1 work=$2 script=$3
ip link set lo up
mount -t tmpfs tmpfs "$work"
mkdir -p "$work/bin" "$work/units"
for folder in etc opt usr/local var; do
  mkdir -p "$work/over/$folder/upper" "$work/over/$folder/work"
  mount -t overlay overlay \
    -o "lowerdir=/$folder,upperdir=$work/over/$folder/upper,workdir=$work/over/$folder/work" "/$folder"
done
mount -t tmpfs tmpfs /run

cat > "$work/bin/npm" <<END
#!/usr/bin/env bash
set -euo pipefail
if [ "\$1" != ci ]; then exec $(command -v npm) "\$@"; fi
place=\$(mktemp -d -p "$work")
mkdir "\$place/upper" "\$place/work" node_modules
mount -t overlay overlay -o "lowerdir=$repository/node_modules,upperdir=\$place/upper,workdir=\$place/work" node_modules
END

cat > "$work/bin/journalctl" <<END
#!/bin/sh
cat "$work/units/annals.service.log"
END

cat > "$work/bin/systemctl" <<'END'
#!/usr/bin/env bash
set -euo pipefail
state=$(dirname "$0")/../units
of() { sed -n "s/^$1=//p" "/etc/systemd/system/$2"; }
run() { # UNIT: what its [Service] says
  local unit=$1 user folder settings
  user=$(of User "$unit") folder=$(of StateDirectory "$unit")
  if [ -n "$folder" ]; then install -d -m 700 -o "$user" -g "$user" "/var/lib/$folder"; fi
  settings=$(of EnvironmentFile "$unit" | sed 's/^-//')
  # shellcheck disable=SC2016
  exec unshare --mount --propagation private bash -c '
    set -euo pipefail
    for folder in /etc /opt /usr/local; do mount --rbind "$folder" "$folder"; mount -o remount,bind,ro "$folder"; done
    for folder in $5; do mount --rbind "$folder" "$folder"; mount -o remount,bind,ro "$folder"; done
    cd "$2"
    exec env -i PATH=/usr/bin:/bin $4 setpriv --reuid "$1" --regid "$1" --init-groups --no-new-privs \
      --bounding-set=-all --inh-caps=-all $3
  ' unit "$user" "$(of WorkingDirectory "$unit")" "$(of ExecStart "$unit")" \
    "$(of Environment "$unit") $([ -z "$settings" ] || grep -v '^#' "$settings" | tr '\n' ' ')" \
    "$(of ReadOnlyPaths "$unit")"
}
start() {
  if [ "$1" = nginx.service ]; then nginx; return; fi
  case $1 in *.timer) systemd-analyze verify "/etc/systemd/system/$1"; return ;; esac
  systemd-analyze verify "/etc/systemd/system/$1"
  if [ "$(of Type "$1")" = oneshot ]; then (run "$1") >> "$state/$1.log" 2>&1; return; fi
  (run "$1") >> "$state/$1.log" 2>&1 &
  echo $! > "$state/$1.pid"
}
stop() {
  if [ "$1" = nginx.service ]; then nginx -s stop 2> /dev/null || true; sleep 1; return; fi
  [ -e "$state/$1.pid" ] || return 0
  local pid
  pid=$(cat "$state/$1.pid")
  kill "$pid"
  # As TimeoutStopSec has it.
  for _ in $(seq 600); do
    if ! kill -0 "$pid" 2> /dev/null; then rm "$state/$1.pid"; return; fi
    sleep 0.1
  done
  echo "$1 did not stop" >&2
  return 1
}
verb=$1; shift
if [ "${1:-}" = --now ]; then shift; fi
for name in "$@"; do
  case $name in *.service | *.timer) unit=$name ;; *) unit=$name.service ;; esac
  case $verb in
    start | enable) start "$unit" ;;
    stop | disable) stop "$unit" ;;
    restart) stop "$unit"; start "$unit" ;;
    *) echo "There is no stand-in for systemctl $verb" >&2; exit 1 ;;
  esac
done
END
chmod +x "$work"/bin/*
export PATH="$work/bin:$PATH" UNITS="$work/units" HOME="$work"
cd "$work"
git -C "$repository" ls-files -z -co --exclude-standard |
  tar -C "$repository" --null --ignore-failed-read -T - --transform 's,^,annals/,' -czf annals.tar.gz
code=0
bash -euo pipefail "$script" || code=$?
if [ $code != 0 ]; then tail -n 20 "$work"/units/*.log >&2 || true; fi
for file in "$work"/units/*.pid; do [ ! -e "$file" ] || kill "$(cat "$file")" 2> /dev/null || true; done
exit $code
