# The supervisor of one detached operation. Runs behind common.sh in a session of its own, under the step's user.
# Arguments: folder, umask of the tool, shell, end mark of the tool's input (empty: it gets none).
trap '' HUP
cd "$1" || exit 1
hisops_mask=$2 hisops_shell=$3 hisops_end=$4 hisops_input=
(set +o bgnice) 2>/dev/null && set +o bgnice

# All of the input is here before anything starts: a tool never gets half of its script.
if [ -n "$hisops_end" ]; then
  hisops_input=$(cat)
  case $hisops_input in
    *"$hisops_end") hisops_input=${hisops_input%"$hisops_end"} ;;
    *) exit 1 ;;
  esac
fi

hisops_start $$ && printf '%s %s\n' $$ "$hisops_since" >pid.tmp && mv pid.tmp pid || exit 1

hisops_tool() {
  umask "$hisops_mask"
  exec "$hisops_shell" "$PWD/cmd"
}
if [ -n "$hisops_end" ]; then
  hisops_emit "$hisops_input" | hisops_tool >out 2>err &
else
  hisops_tool </dev/null >out 2>err &
fi
hisops_child=$!
hisops_input=
hisops_start "$hisops_child" && printf '%s %s\n' "$hisops_child" "$hisops_since" >tool.tmp && mv tool.tmp tool
wait "$hisops_child"
hisops_code=$?
[ "$hisops_code" -le 256 ] || hisops_code=$((hisops_code - 128)) # ksh93 tells a signal as 256 + n

# Overwrites in place: no new block is needed on a full disk. GNU dd syncs the one file, elsewhere sync does all.
printf '%-8s\n' "$hisops_code" | dd of=rc.tmp conv=notrunc,fsync 2>/dev/null ||
  { printf '%-8s\n' "$hisops_code" 1<>rc.tmp && sync; }
mv rc.tmp rc
