#!/bin/sh
# check.sh ROOT: every #include between rooms below ROOT/include and ROOT/src goes down the picture of
# docs/architecture.md; mpi.h is seen in src/comm only, HDF5 in src/store only. Prints each line that breaks this.
cd "$1" || exit 2
broken=0

# complain FILES PATTERN: no file of FILES may include what matches PATTERN.
complain() {
  [ -e "$1" ] || return 0
  if grep -rnE --include='*.hpp' --include='*.cpp' --include='*.h' --include='*.inc' \
      "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$2" "$1"; then
    echo "  $1 may not include this"
    broken=1
  fi
}

# room NAME FORBIDDEN...
room() {
  name=$1
  shift
  above=$(echo "$@" | tr ' ' '|')
  for place in include/trawl/"$name" src/"$name"; do
    complain "$place" "(\.\./)*(trawl/)?($above)/"
    [ "$place" = src/comm ] || complain "$place" "mpi\.h[>\"]"
    [ "$place" = src/store ] || complain "$place" "(hdf5(_hl)?|H5[A-Za-z0-9]*)\.h[>\"]"
  done
}

room base    comm core store fold command
room comm    core store fold command
room core    comm store fold command
room store   comm core fold command
room fold    command
room command main
complain src/main.cpp "(mpi|hdf5|H5[A-Za-z0-9]*)\.h[>\"]"
exit $broken
