#!/bin/sh
# PgBouncer reads its users from a file; this one lives in memory and nowhere else.
set -eu
umask 077
doubled() { printf '%s' "$1" | sed 's/"/""/g'; }
printf '"%s" "%s"\n' "$(doubled "$POSTGRES_USER")" "$(doubled "$POSTGRES_PASSWORD")" > /run/pgbouncer/users.txt
exec pgbouncer /etc/pgbouncer/pgbouncer.ini
