# Functions that the operations and the supervisor share. POSIX sh: dash, bash --posix, ksh88, ksh93, mksh.

# Writes its argument to stdout by a builtin, so that no other process sees it among its arguments.
hisops_emit() {
  case $(command -v printf) in
    */*) print -rn -- "$1" ;;
    *) printf '%s' "$1" ;;
  esac
}

# Sets `hisops_since` to what tells process $1 from any other that had or will have its number; fails if it is gone.
hisops_start() {
  hisops_since=
  if [ -r /proc/self/stat ]; then
    { read -r hisops_since <"/proc/$1/stat"; } 2>/dev/null || return 1
    set -- ${hisops_since##*\) }
    [ "$1" != Z ] || return 1
    hisops_since=${20}
  else
    hisops_since=$(ps -o lstart= -p "$1" 2>/dev/null) || hisops_since=$(ps -o args= -p "$1" 2>/dev/null) || return 1
    set -- $hisops_since
    hisops_since=$*
  fi
  [ -n "$hisops_since" ]
}

# True if the process that file $1 names (number, start) is alive.
hisops_alive() {
  [ -f "$1" ] && read -r hisops_number hisops_known <"$1" && hisops_start "$hisops_number" &&
    [ "$hisops_since" = "$hisops_known" ]
}
