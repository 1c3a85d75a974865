#!/usr/bin/env bash
# with-services.sh COMMAND...: runs a command beside a throw-away PostgreSQL and Redis, and stops both whatever happens.
# The command finds them in TEST_POSTGRES_URL (a superuser's: the tests create their own databases) and TEST_REDIS_URL.
set -euo pipefail

# Seconds that a service may take to start or to stop.
readonly PATIENCE=30

dir=$(mktemp -d /tmp/jarvis-test.XXXXXX)
# Both listen on loopback and ask for this, so that other users of the machine stay out.
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
unprivileged=(env)
# PostgreSQL refuses root.
((EUID)) || unprivileged=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups)
PATH=$PATH:$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)

service() {
    (cd "$dir" && "${unprivileged[@]}" "$@")
}

stop() {
    trap '' INT TERM HUP
    service pg_ctl stop --silent --mode=immediate --timeout=$PATIENCE --pgdata=postgres >/dev/null 2>&1 || true
    [[ ! -f $dir/redis.pid ]] || kill "$(<"$dir/redis.pid")" 2>/dev/null || true
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    echo "$1 did not start:" >&2
    cat "$dir/$1.log" >&2
    exit 1
}

# Below the range from which the system takes ports for outgoing connections.
free_port() {
    local port
    for _ in {1..50}; do
        port=$((20000 + RANDOM % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo $port
            return
        fi
    done
    echo 'no free port found' >&2
    return 1
}

postgres_port=$(free_port)
redis_port=$(free_port)
echo "$password" >"$dir/password"
cat >"$dir/redis.conf" <<END
bind 127.0.0.1
port $redis_port
requirepass $password
save ""
daemonize yes
dir $dir
pidfile $dir/redis.pid
logfile $dir/redis.log
END
((EUID)) || chown -R nobody "$dir"

service initdb --pgdata=postgres --username=jarvis --auth=password --pwfile=password \
    --encoding=UTF8 --no-locale --no-sync >"$dir/initdb.log" 2>&1 || fail initdb
cat >>"$dir/postgres/postgresql.conf" <<END
listen_addresses = '127.0.0.1'
port = $postgres_port
unix_socket_directories = ''
max_connections = 300
fsync = off
synchronous_commit = off
full_page_writes = off
END
service pg_ctl start --silent --wait --timeout=$PATIENCE --pgdata=postgres --log=postgres.log || fail postgres

service redis-server redis.conf || fail redis
redis_answers() {
    [[ $(REDISCLI_AUTH=$password redis-cli -h 127.0.0.1 -p "$redis_port" ping 2>/dev/null) == PONG ]]
}
deadline=$((SECONDS + PATIENCE))
until redis_answers; do
    ((SECONDS < deadline)) || fail redis
    sleep 0.05
done

export TEST_POSTGRES_URL=postgres://jarvis:$password@127.0.0.1:$postgres_port/postgres
export TEST_REDIS_URL=redis://default:$password@127.0.0.1:$redis_port/0
"$@"
