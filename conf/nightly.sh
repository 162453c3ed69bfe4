#!/bin/sh
# A night: today's catalogue over yesterday's OUTPUT, then what is no longer kept is removed. conf/crontab calls it.
#   nightly.sh CATALOGUE OUTPUT [--config FILE] [--set section.key=value]
# What may pass is tried again, and goes on where it was: storage (4), another run at work (5), a killed process (137).
# What the same command would only meet again ends the night with its exit code: a gate (3), bad input (2), a fault (1).
set -u
catalogue=$1 output=$2
shift 2

night() {
    dedup-spark run "$catalogue" "$output" "$@" && dedup-spark clean "$output" --yes "$@"
}

for wait in ${WAIT_SECONDS:-60 600 1800} 0; do
    night "$@"
    code=$?
    case $code in
        4 | 5 | 137) sleep "$wait" ;;
        *) break ;;
    esac
done
exit $code
