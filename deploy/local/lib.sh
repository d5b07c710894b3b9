# shellcheck shell=bash
# What deploy/local and tests/run share. Sourced; expects `root` to be the checkout.

say() { printf '%s\n' "$*" >&2; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "root or sudo is needed to run: $*"
  fi
}

# install_packages FILE…: installs what is missing of the Debian packages listed in the files.
install_packages() {
  local wanted missing
  mapfile -t wanted < <(grep -hv '^#' "$@" | sort -u)
  mapfile -t missing < <(
    comm -23 <(printf '%s\n' "${wanted[@]}") \
      <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' 2>/dev/null | awk '$2 == "installed" {print $1}' | sort -u))
  # npm comes with some distributions of Node.js, without a package of its own.
  if command -v npm >/dev/null; then mapfile -t missing < <(printf '%s\n' "${missing[@]}" | grep -vxE 'npm|nodejs'); fi
  [ "${#missing[@]}" = 0 ] || [ -z "${missing[*]}" ] && return 0
  say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  local policy=() log
  log=$(mktemp)
  # No package of ours is to start a server of its own: the suite and its tests start what they need.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    as_root sh -c 'printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d'
    policy=(as_root rm -f /usr/sbin/policy-rc.d)
  fi
  local ok=0
  # The variables are for apt-get, which sudo would otherwise strip.
  if as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >"$log" 2>&1 &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    ok=1
  fi
  [ "${#policy[@]}" = 0 ] || "${policy[@]}"
  if [ "$ok" = 0 ]; then
    tail -n 20 "$log" >&2
    fail "the packages could not be installed (log: $log)"
  fi
  rm -f "$log"
}

# alive PIDFILE: whether the recorded process runs. The file holds its number and, on a second line, its program: the number may
# belong to another process by now.
alive() {
  local pid program
  { read -r pid && read -r program; } 2>/dev/null <"$1" || return 1
  # Its command line, not its file: a linker may have moved that aside.
  [ "$(tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | head -n 1)" = "$program" ]
}

# port_taken PORT: whether something listens there on loopback.
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# port_owner PORT: the process that listens there, as far as it can be seen.
port_owner() {
  local inode
  inode=$(awk -v p="$(printf ':%04X$' "$1")" '$2 ~ p && $4 == "0A" {print $10; exit}' /proc/net/tcp /proc/net/tcp6 2>/dev/null)
  [ -n "$inode" ] || return 0
  local fd
  for fd in /proc/[0-9]*/fd/*; do
    if [ "$(readlink "$fd" 2>/dev/null)" = "socket:[$inode]" ]; then
      fd=${fd#/proc/}
      printf '%s (pid %s)' "$(cat "/proc/${fd%%/*}/comm")" "${fd%%/*}"
      return 0
    fi
  done
}
