# Sourced by `cluster` and `jobserver`: one Java process each, with a pid file and a
# log, found again by its state folder, bound to loopback.
# The caller sets: program (its name, for messages), root, state.

tools=$root/.tools/flink

# What Flink and Beam reach into by reflection; Java 17 refuses without.
java_opens=(--add-exports=java.base/sun.net.util=ALL-UNNAMED)
for package in io lang lang.reflect net nio text time util util.concurrent \
    util.concurrent.atomic util.concurrent.locks; do
    java_opens+=("--add-opens=java.base/java.$package=ALL-UNNAMED")
done
java_opens+=(--add-opens=java.base/sun.nio.ch=ALL-UNNAMED)

fail() {
    echo "deploy/flink/$program: $1" >&2
    exit "${2:-3}"
}

need_tools() {
    command -v java >/dev/null || fail "no 'java' on PATH; install Java 11 or 17"
    [ -f "$tools/lib/.stamp" ] && [ -f "$tools/jobserver/.stamp" ] ||
        fail "no Flink in .tools/flink; run deploy/flink/setup"
}

# A connection to a port nobody listens on is refused at once on loopback.
listening() {
    (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Below 32768, where the system does not hand out ports by itself.
free_port() {
    local port
    for _ in {1..100}; do
        port=$((15000 + RANDOM % 17000))
        listening "$port" || { echo "$port" && return; }
    done
    fail "no free port between 15000 and 32000"
}

# running NAME: is the process of this pid file alive, and is it ours? A number
# that the system has given to another program since is not.
running() {
    local pid
    pid=$(cat "$state/$1.pid" 2>/dev/null) && [ -n "$pid" ] &&
        ps -ww -o args= -p "$pid" 2>/dev/null | grep -qF -- "$state"
}

# launch NAME COMMAND...: in a session of its own, so that the terminal's Ctrl-C
# and the end of the calling shell leave it alone.
launch() {
    local name=$1
    shift
    setsid "$@" >"$state/$name.log" 2>&1 </dev/null &
    echo $! >"$state/$name.pid"
}

# halt NAME...: ask all, wait ten seconds together, then kill.
halt() {
    local name
    for name in "$@"; do
        ! running "$name" || kill "$(cat "$state/$name.pid")" 2>/dev/null || true
    done
    for name in "$@"; do
        for _ in {1..100}; do
            running "$name" || break
            sleep 0.1
        done
        ! running "$name" || kill -9 "$(cat "$state/$name.pid")" 2>/dev/null || true
        rm -f "$state/$name.pid"
    done
}

# await SECONDS NAMES CHECK...: until CHECK succeeds; fails early, with the last
# lines of the log, when one of the NAMES has died.
await() {
    local seconds=$1 names=$2 name
    shift 2
    for _ in $(seq $((seconds * 4))); do
        "$@" && return
        for name in $names; do
            running "$name" || give_up "$name died" "$names"
        done
        sleep 0.25
    done
    give_up "not up after $seconds s" "$names"
}

give_up() {
    local name
    for name in $2; do
        echo "--- $state/$name.log" >&2
        tail -n 20 "$state/$name.log" >&2
    done
    # shellcheck disable=SC2086 # names are words
    halt $2
    fail "$1; its log is above"
}

# The folder is handed to Java as an argument, absolute: that is how `running` knows.
use_state() {
    case "$1" in
    "") fail "--state needs a folder" 2 ;;
    /*) state=$1 ;;
    *) state=$PWD/$1 ;;
    esac
}

write_logging() {
    cat >"$state/log4j.properties" <<'LOG4J'
rootLogger.level=INFO
rootLogger.appenderRef.console.ref=Console
appender.console.name=Console
appender.console.type=CONSOLE
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{HH:mm:ss,SSS} %-5p %c{1} %m%n
LOG4J
}
