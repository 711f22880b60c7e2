#!/bin/sh
# expect.sh CODE REGEX COMMAND...: passes when COMMAND ends with exit code CODE and says something that matches REGEX.
code=$1 regex=$2
shift 2
said=$("$@" 2>&1)
got=$?
printf '%s\n' "$said"
if [ "$got" -ne "$code" ]; then
  echo "expected exit code $code, got $got"
  exit 1
fi
if ! printf '%s\n' "$said" | grep -Eq -- "$regex"; then
  echo "nothing matches: $regex"
  exit 1
fi
