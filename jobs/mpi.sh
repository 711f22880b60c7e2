# mpi RANKS COMMAND...: mpirun as it works on one machine, in containers and as root too. Sourced.
mpi() {
  local ranks=$1
  shift
  if [ "$ranks" = 1 ]; then
    "$@"
    return
  fi
  # More ranks than cores are welcome; unbound, so that threads of a rank can use all cores.
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1 \
    mpirun --oversubscribe --bind-to none -n "$ranks" "$@"
}
