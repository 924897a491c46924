# What `doctor` wants to know of the folder of operations. Fed behind common.sh and operations.sh.

hisops_inspect() {
  hisops_there=$hisops_ops
  while [ ! -d "$hisops_there" ]; do hisops_there=${hisops_there%/*}; done
  printf 'file_system=%s\n' "$(stat -f -c %T "$hisops_there/" 2>/dev/null)"
  printf 'detach=%s\n' "$( (hisops_choose no && echo "$hisops_detach") 2>/dev/null)"
  printf 'boot=%s\n' "$( (hisops_boot && echo "$hisops_boot") 2>/dev/null)"
  if grep -qs '^ *KillUserProcesses *= *\(yes\|true\|1\|on\)' /etc/systemd/logind.conf /etc/systemd/logind.conf.d/*; then
    echo kill_user_processes=yes
  fi
  if [ -d "$hisops_ops" ]; then
    set -- $(ls -ldn "$hisops_ops/")
    printf 'owner=%s\nself=%s\n' "$3" "$(id -u)"
  fi
  hisops_own=yes
  while :; do
    case $hisops_there in "$HOME" | '') hisops_own= ;; esac
    case $(ls -ldL "${hisops_there:-/}") in
      d????????[tT]*) [ -z "$hisops_own" ] || printf 'open=%s\n' "$hisops_there" ;;
      d???????w*) printf 'open=%s\n' "${hisops_there:-/}" ;;
    esac
    [ -n "$hisops_there" ] || return 0
    hisops_there=${hisops_there%/*}
  done
}
