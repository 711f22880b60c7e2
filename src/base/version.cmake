# Writes OUT with the version and the commit, only when they changed (so nothing is rebuilt in vain).
execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --dirty --abbrev=12 --exclude=*
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "unknown")
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT "#define TRAWL_VERSION \"${VERSION}\"\n#define TRAWL_COMMIT \"${commit}\"\n")
