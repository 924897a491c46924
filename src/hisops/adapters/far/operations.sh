# What hisops asks of the folder ~/.hisops of a user. Fed behind common.sh through the frame; the last line calls.
# Exit codes of its own: 81 no boot identity, 82 cannot detach, 83 no folder of operations, 84 cannot write,
# 85 a lock is not held any more.

hisops_home=$HOME/.hisops
hisops_ops=$hisops_home/ops

hisops_boot() {
  hisops_boot=
  if [ -n "$hisops_boot_file" ]; then
    { read -r hisops_boot <"$hisops_boot_file"; } 2>/dev/null
  elif [ -r /proc/sys/kernel/random/boot_id ]; then
    read -r hisops_boot </proc/sys/kernel/random/boot_id
  else
    set -- $(who -b)
    hisops_boot=$*
  fi
  [ -n "$hisops_boot" ] || exit 81
}

# Sleeps $1 seconds, told as $2 ms too, or one second where sleep knows no fractions; adds up `hisops_spent`.
hisops_nap() {
  if sleep "$1" 2>/dev/null; then
    hisops_spent=$((hisops_spent + $2))
  else
    sleep 1
    hisops_spent=$((hisops_spent + 1000))
  fi
}

hisops_facts() {
  hisops_boot
  hisops_user=$(id -un)
  hisops_host=$(hostname 2>/dev/null || uname -n)
  printf 'hostname=%s\nboot=%s\nuser=%s\nhome=%s\nos=%s\nclock=%s\n' "$hisops_host" "$hisops_boot" "$hisops_user" \
    "$HOME" "$(uname -s)" "$(date -u +%Y-%m-%dT%H:%M:%S)"
}

# Makes the folder of operations. Its marker, $1 when it is new, goes when the folder goes: then nothing is known.
hisops_prepare() {
  hisops_boot
  umask 077
  mkdir -p "$hisops_ops" "$hisops_home/locks" || exit 83
  if [ ! -f "$hisops_ops/.marker" ]; then
    printf '%s\n' "$1" >"$hisops_ops/.marker.$1" && sync || exit 84
    ln "$hisops_ops/.marker.$1" "$hisops_ops/.marker" 2>/dev/null
    rm -f "$hisops_ops/.marker.$1"
  fi
  hisops_tell absent '' ''
}

hisops_tell() {
  hisops_marker=
  [ ! -f "$hisops_ops/.marker" ] || read -r hisops_marker <"$hisops_ops/.marker"
  printf 'state=%s\npid=%s\ncode=%s\nboot=%s\nmarker=%s\n' "$1" "$2" "$3" "$hisops_boot" "$hisops_marker"
}

hisops_look() {
  hisops_boot
  hisops_dir=$hisops_ops/$1
  hisops_pid= hisops_then=
  [ ! -f "$hisops_dir/pid" ] || read -r hisops_pid hisops_rest <"$hisops_dir/pid"
  [ ! -f "$hisops_dir/boot" ] || read -r hisops_then <"$hisops_dir/boot"
  if [ ! -d "$hisops_dir" ]; then
    hisops_tell absent '' ''
  elif [ -f "$hisops_dir/rc" ]; then
    hisops_exited
  elif [ -n "$hisops_then" ] && [ "$hisops_then" != "$hisops_boot" ]; then
    hisops_tell lost "$hisops_pid" ''
  elif [ -z "$hisops_pid" ]; then
    hisops_tell starting '' ''
  elif hisops_lives; then
    hisops_tell running "$hisops_pid" ''
  elif [ -f "$hisops_dir/rc" ]; then # it ended between the two looks
    hisops_exited
  else
    hisops_tell lost "$hisops_pid" ''
  fi
}

hisops_exited() {
  read -r hisops_code <"$hisops_dir/rc"
  hisops_tell exited "$hisops_pid" "$hisops_code"
}

# True while the supervisor or, if that was killed, the tool itself is alive.
hisops_lives() {
  hisops_alive "$hisops_dir/pid" || hisops_alive "$hisops_dir/tool"
}

# Sets `hisops_detach` to the way out of the session. A destructive tool is never trusted to nohup alone.
hisops_choose() {
  if command -v setsid >/dev/null 2>&1; then
    hisops_detach=setsid
  elif perl -MPOSIX=setsid -e 1 >/dev/null 2>&1; then
    hisops_detach=perl
  elif [ "$1" = no ] && command -v nohup >/dev/null 2>&1; then
    hisops_detach=nohup
  else
    exit 82
  fi
}

# Runs its arguments outside the session.
hisops_leave() {
  case $hisops_detach in
    perl) exec perl -MPOSIX=setsid -e 'defined(my $p = fork) or exit 1; exit 0 if $p; setsid() >= 0 or exit 1; exec @ARGV' "$@" ;;
    *) exec "$hisops_detach" "$@" ;;
  esac
}

# Starts `hisops_cmd` under $1 ($2: is it destructive) with `hisops_input` on stdin, ended by the mark `hisops_end`.
# From the mkdir on it does not need the link: it starts the operation or removes the folder.
# Fences are asked again once the folder is there: who takes the lock over looks at the folders after that.
hisops_launch() {
  trap '' HUP PIPE
  hisops_boot
  hisops_choose "$2"
  hisops_mask=$(umask)
  umask 077
  hisops_dir=$hisops_ops/$1
  [ -d "$hisops_dir" ] || hisops_fenced || exit 85
  if mkdir "$hisops_dir" 2>/dev/null; then
    hisops_fenced || { rm -rf "$hisops_dir"; exit 85; }
    hisops_fill || { rm -rf "$hisops_dir"; exit 84; }
    if [ -n "$hisops_end" ]; then
      hisops_emit "$hisops_input$hisops_end" | hisops_supervise &
    else
      hisops_supervise </dev/null &
    fi
    hisops_spent=0
    until [ -f "$hisops_dir/tool" ] || [ -f "$hisops_dir/rc" ] || [ "$hisops_spent" -ge 10000 ]; do
      hisops_nap 0.005 5
    done
  elif [ ! -d "$hisops_dir" ]; then
    exit 83
  fi
  hisops_look "$1"
}

hisops_supervise() {
  hisops_leave "$hisops_shell" "$hisops_dir/supervise" "$hisops_dir" "$hisops_mask" "$hisops_shell" "$hisops_end" \
    >/dev/null 2>&1
}

# The exit code has its block on the disk before the tool can fill it.
hisops_fill() {
  hisops_emit "$hisops_cmd" >"$hisops_dir/cmd" && hisops_emit "$hisops_supervisor" >"$hisops_dir/supervise" &&
    printf '%s\n' "$hisops_boot" >"$hisops_dir/boot" && printf '%-8s\n' '' >"$hisops_dir/rc.tmp" &&
    : >"$hisops_dir/out" && : >"$hisops_dir/err"
}

# Writes what $1 has put out since the byte offsets $2 (stdout) and $3 (stderr), until it ends.
# Ends with 75 after a quarter of an hour, to be called again: a loop whose reader is gone must not stay for ever.
hisops_follow() {
  hisops_dir=$hisops_ops/$1
  hisops_out=$2 hisops_err=$3 hisops_spent=0 hisops_over=
  cd "$hisops_dir" 2>/dev/null || return 0
  while :; do
    [ ! -f rc ] && hisops_lives || hisops_over=yes
    set -- $(wc -c out err)
    if [ "$1" -gt "$hisops_out" ]; then
      tail -c +$((hisops_out + 1)) out | head -c $(($1 - hisops_out)) || return 1
      hisops_out=$1
    fi
    if [ "$3" -gt "$hisops_err" ]; then
      tail -c +$((hisops_err + 1)) err | head -c $(($3 - hisops_err)) >&2 || return 1
      hisops_err=$3
    fi
    [ -z "$hisops_over" ] || return 0
    [ "$hisops_spent" -le 900000 ] || return 75
    if [ "$hisops_spent" -lt 50 ]; then
      hisops_nap 0.005 5
    elif [ "$hisops_spent" -lt 1000 ]; then
      hisops_nap 0.05 50
    else
      hisops_nap 0.25 250
    fi
  done
}

# Empties what $1 has put out, once the log holds it: a tool may have echoed a secret. The folder stays for `look`.
hisops_wipe() {
  for hisops_file in out err; do
    [ ! -f "$hisops_ops/$1/$hisops_file" ] || : >"$hisops_ops/$1/$hisops_file" || return 84
  done
}
