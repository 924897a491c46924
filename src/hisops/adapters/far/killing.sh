# Ends the tool of one operation and all that it started. Fed behind common.sh and operations.sh.

# Writes `pid parent group session` of every process, a line each. Where ps knows no sessions, the group stands for it.
hisops_processes() {
  if [ -r /proc/self/stat ]; then
    for hisops_file in /proc/[0-9]*/stat; do
      { read -r hisops_line <"$hisops_file"; } 2>/dev/null || continue
      hisops_number=${hisops_file#/proc/}
      set -- ${hisops_line##*\) }
      [ "$1" = Z ] || echo "${hisops_number%/stat} $2 $3 $4"
    done
  else
    ps -A -o pid= -o ppid= -o pgid= | while read -r hisops_number hisops_parent hisops_group; do
      echo "$hisops_number $hisops_parent $hisops_group $hisops_group"
    done
  fi
}

# Sets `hisops_found` to the processes of the operation but its supervisor, which has to write down how it ended: all
# below it and, if it leads a group, all of the group. A number counts only while it is that of the same process.
hisops_members() {
  hisops_super= hisops_tool= hisops_found= hisops_more=yes
  ! hisops_alive "$hisops_dir/pid" || hisops_super=$hisops_number
  ! hisops_alive "$hisops_dir/tool" || hisops_tool=$hisops_number
  [ -z "$hisops_tool" ] || hisops_found=$hisops_tool
  hisops_mine=" $hisops_super $hisops_tool "
  hisops_all=$(hisops_processes)
  hisops_lead
  while [ -n "$hisops_more" ]; do
    hisops_more=
    hisops_each hisops_member
  done
}

# Calls $1 with the numbers of each process.
hisops_each() {
  hisops_what=$1 hisops_ifs=$IFS
  IFS='
'
  set -f
  for hisops_line in $hisops_all; do
    IFS=$hisops_ifs
    set -- $hisops_line
    "$hisops_what" "$@"
  done
  set +f
  IFS=$hisops_ifs
}

hisops_member() {
  case $hisops_mine in
    *" $1 "*) return ;;
    *" $2 "*) ;;
    *) [ -n "$hisops_leads" ] && { [ "$3" = "$hisops_leads" ] || [ "$4" = "$hisops_leads" ]; } || return ;;
  esac
  hisops_mine="$hisops_mine$1 " hisops_found="$hisops_found $1" hisops_more=yes
}

# Sets `hisops_leads` to the group of the operation if it has one of its own, which the number of its supervisor names.
# As long as one of the group lives, no other process can get that number.
hisops_lead() {
  [ -z "$hisops_leads" ] || return 0
  [ ! -f "$hisops_dir/pid" ] || read -r hisops_pid hisops_rest <"$hisops_dir/pid"
  hisops_each hisops_leader
}

hisops_leader() {
  [ "$3" = "$hisops_pid" ] || return 0
  case $1 in "$hisops_super" | "$hisops_tool") hisops_leads=$3 ;; esac
}

# Sends signal $1 to what `hisops_found` holds; sets `hisops_sent` to how many took it.
hisops_signal() {
  hisops_sent=0
  for hisops_number in $hisops_found; do
    kill -s "$1" "$hisops_number" 2>/dev/null && hisops_sent=$((hisops_sent + 1))
  done
}

# Waits up to $1 ms until nothing of the operation is left.
hisops_await() {
  hisops_spent=0
  while hisops_members && [ -n "$hisops_found" ] && [ "$hisops_spent" -lt "$1" ]; do
    hisops_nap 0.1 100
  done
}

# Kills operation $1: TERM, after $2 seconds KILL, then looks at what is left. Nothing happens if it does not run.
hisops_kill() {
  hisops_dir=$hisops_ops/$1 hisops_pid= hisops_leads= hisops_term=0 hisops_last=0
  if [ -d "$hisops_dir" ] && [ ! -f "$hisops_dir/rc" ] && hisops_lives; then
    hisops_members
    hisops_signal TERM
    hisops_term=$hisops_sent
    hisops_await "$(($2 * 1000))"
    if [ -n "$hisops_found" ]; then
      hisops_signal KILL
      hisops_last=$hisops_sent
      hisops_await 5000
    fi
    hisops_spent=0
    until [ -f "$hisops_dir/rc" ] || ! hisops_lives || [ "$hisops_spent" -ge 2000 ]; do
      hisops_nap 0.05 50
    done
  fi
  hisops_look "$1"
  printf 'term=%s\nkill=%s\n' "$hisops_term" "$hisops_last"
}
