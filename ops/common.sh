# Shared by the scripts of this folder; to be sourced. The caller sets `script` (its name) before.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
child=

say() { printf '%s: %s\n' "$script" "$*" >&2; }

# Ends what run_logged started, with everything below it.
stop_child() {
  [ -n "$child" ] || return 0
  kill -TERM -- "-$child" 2>/dev/null || true
  wait "$child" 2>/dev/null || true
  child=
}

# run_logged LOG COMMAND...: output goes to LOG; a signal to this script ends the whole process group of the command.
run_logged() {
  local log=$1 status=0
  shift
  mkdir -p "$(dirname "$log")"
  set -m
  "$@" >"$log" 2>&1 </dev/null &
  child=$!
  set +m
  wait "$child" || status=$?
  child=
  return "$status"
}

# build_preset PRESET: configures and builds it, quietly; shows the end of the log where that fails.
build_preset() {
  local preset=$1 directory=$2
  local log=$root/$directory/build.log
  cd "$root"
  if ! run_logged "$root/$directory/configure.log" cmake --preset "$preset"; then
    tail -n 30 "$root/$directory/configure.log" >&2
    say "cmake could not configure; the whole log is $directory/configure.log"
    return 1
  fi
  if ! run_logged "$log" nice cmake --build --preset "$preset" -j "$(nproc)"; then
    grep -E -A5 ' error: |^FAILED|undefined reference' "$log" | head -n 60 >&2 || tail -n 30 "$log" >&2
    say "the build failed; the whole log is $directory/build.log"
    return 1
  fi
}
