#!/bin/sh
# Make sure that there is a Chromium, in which the report is tested.
# Installs Debian's with apt-get if there is none and we are root; else says what to install.
set -eu

# $CHROMIUM, if it is set, is taken before those on the PATH.
for name in chromium chromium-browser google-chrome; do
    if command -v "${CHROMIUM:-$name}" >/dev/null; then
        exit 0
    fi
done

if [ -n "${CHROMIUM:-}" ]; then
    echo "The report is tested in Chromium; CHROMIUM ($CHROMIUM) is no program." >&2
    exit 1
fi

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium, to test the report in (chromium)"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium || true
    if command -v chromium >/dev/null; then
        exit 0
    fi
fi

echo "The report is tested in Chromium, and there is none." >&2
echo "On Debian: apt-get install chromium; on Ubuntu: snap install chromium" >&2
echo "If it is somewhere else, let CHROMIUM name it." >&2
exit 1
