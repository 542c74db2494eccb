#!/bin/sh
# What a card says in under eight minutes, from an unpacked bundle: ./firstCard.sh [RESULTS]. bundle/firstCard.mjs has the steps.
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
exec "$here/node" "$here/firstCard.mjs" "$@"
