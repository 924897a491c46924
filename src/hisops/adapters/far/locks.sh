# Locks of a user: ~/.hisops/locks/NAME holds one file `h.N` for each change of the holder, and the highest N counts.
# Its text is the holder's, or begins with the line `free`. A change is a hard link to a number that must not be there
# yet: one of many wins, nothing is ever half done, and N never comes back. Needs what operations.sh has.
# An answer is `name=value` lines, an empty line and the text of the lock. Exit code 1: it was not as expected.

hisops_locks=$hisops_home/locks

# Sets `hisops_top` to the highest number of the lock $1, and `hisops_held` to its text with a dot behind it.
hisops_top() {
  hisops_top=0
  hisops_held=.
  [ ! -f "$hisops_locks/$1/holder" ] || hisops_held=$(cat "$hisops_locks/$1/holder"; echo .)
  for hisops_file in "$hisops_locks/$1"/h.*; do
    hisops_number=${hisops_file##*/h.}
    case $hisops_number in
      *[!0-9]*) continue ;;
    esac
    [ "$hisops_number" -le "$hisops_top" ] || hisops_top=$hisops_number
  done
  [ "$hisops_top" -eq 0 ] || hisops_held=$(cat "$hisops_locks/$1/h.$hisops_top" 2>/dev/null; echo .)
}

# True if the lock $1 holds exactly the text $2.
hisops_holds() {
  hisops_top "$1"
  [ "$hisops_held" = "$2." ]
}

hisops_free() {
  case $hisops_held in
    . | free*) return 0 ;;
    *) return 1 ;;
  esac
}

# Makes the text $2 the one behind `hisops_top` of the lock $1; code 1 if another was faster.
hisops_next() {
  hisops_number=$((hisops_top + 1))
  hisops_new=$hisops_locks/$1/.new.$$.$hisops_number
  hisops_emit "$2" >"$hisops_new" && [ -s "$hisops_new" ] || { rm -f "$hisops_new"; exit 84; }
  if ! ln "$hisops_new" "$hisops_locks/$1/h.$hisops_number" 2>/dev/null; then
    rm -f "$hisops_new"
    [ -f "$hisops_locks/$1/h.$hisops_number" ] || exit 84
    return 1
  fi
  rm -f "$hisops_new"
  hisops_mine=$hisops_number
  hisops_top "$1"
  if [ "$hisops_top" -ne "$hisops_mine" ]; then # its number had been tidied away: others have gone on meanwhile
    rm -f "$hisops_locks/$1/h.$hisops_mine"
    return 1
  fi
  dd of="$hisops_locks/$1/h.$hisops_mine" conv=notrunc,fsync </dev/null 2>/dev/null || sync
  rm -f "$hisops_locks/$1/holder"
  for hisops_file in "$hisops_locks/$1"/h.*; do
    hisops_number=${hisops_file##*/h.}
    case $hisops_number in
      *[!0-9]*) continue ;;
    esac
    [ "$hisops_number" -ge $((hisops_mine - 1)) ] || rm -f "$hisops_file"
  done
}

# Notes that the holder of the lock $1 was heard of now. Overwrites in place: it needs no room on a full disk.
hisops_beat() {
  printf '%s\n' "$(date -u +%Y-%m-%dT%H:%M:%S)" 1<>"$hisops_locks/$1/beat"
}

hisops_show() {
  hisops_top "$1"
  hisops_heard=
  { read -r hisops_heard <"$hisops_locks/$1/beat"; } 2>/dev/null
  printf 'beat=%s\nclock=%s\n\n' "$hisops_heard" "$(date -u +%Y-%m-%dT%H:%M:%S)"
  hisops_emit "${hisops_held%.}"
}

hisops_folder() {
  umask 077
  mkdir -p "$hisops_locks/$1" || exit 83
}

# Takes the lock $1 with `hisops_text`, if it is free.
hisops_take() {
  hisops_folder "$1"
  hisops_top "$1"
  hisops_code=1
  if hisops_free && hisops_next "$1" "${hisops_text}fence: $((hisops_top + 1))
"; then
    hisops_beat "$1"
    hisops_code=0
  fi
  hisops_show "$1"
  return "$hisops_code"
}

# Puts `hisops_text` in place of exactly `hisops_old` in the lock $1.
hisops_swap() {
  hisops_code=1
  umask 077
  if hisops_holds "$1" "$hisops_old" && hisops_next "$1" "${hisops_text}fence: $((hisops_top + 1))
"; then
    hisops_beat "$1"
    hisops_code=0
  fi
  hisops_show "$1"
  return "$hisops_code"
}

# Frees the lock $1 if it holds exactly `hisops_text`, leaving `hisops_freed`.
hisops_drop() {
  umask 077
  hisops_holds "$1" "$hisops_text" && hisops_next "$1" "free
$hisops_freed
"
}

hisops_touch() {
  hisops_code=1
  if hisops_holds "$1" "$hisops_text"; then
    umask 077
    hisops_beat "$1"
    hisops_code=0
  fi
  hisops_show "$1"
  return "$hisops_code"
}

# Tells the state of every operation whose name begins with $1.
hisops_list() {
  hisops_boot
  for hisops_file in "$hisops_ops/$1"*; do
    [ -d "$hisops_file" ] || continue
    printf 'op=%s\n' "${hisops_file##*/}"
    hisops_look "${hisops_file##*/}"
  done
}
