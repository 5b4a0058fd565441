#!/bin/sh
# Make sure that the Java which Spark will use is version 17 or newer.
# Installs one with apt-get if there is none and we are root; else says what to install.
set -eu

wanted=17

# Spark takes $JAVA_HOME before the PATH.
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

java_version() { # prints 17 for "17.0.15", 8 for "1.8.0_452", nothing without a Java
    "$java" -version 2>&1 | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9][0-9]*\).*/\2/p' | head -n 1
}

java_is_fine() {
    version=$(java_version)
    [ "${version:-0}" -ge "$wanted" ]
}

if java_is_fine; then
    exit 0
fi

if [ -n "${JAVA_HOME:-}" ]; then
    echo "Spark needs Java $wanted or newer; JAVA_HOME ($JAVA_HOME) has ${version:-none}." >&2
    echo "Unset JAVA_HOME, or let it name a newer Java." >&2
    exit 1
fi

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Java $wanted for Spark (openjdk-$wanted-jre-headless)"
    export DEBIAN_FRONTEND=noninteractive
    install="apt-get install -y -qq --no-install-recommends"
    # A newer Debian has no Java 17, but a newer default.
    apt-get update -qq &&
        { $install "openjdk-$wanted-jre-headless" || $install default-jre-headless; } || true
    if java_is_fine; then
        exit 0
    fi
fi

echo "Spark needs Java $wanted or newer; found ${version:-none}." >&2
echo "On Debian and Ubuntu: apt-get install openjdk-$wanted-jre-headless" >&2
echo "On macOS: brew install openjdk@$wanted" >&2
exit 1
