#!/bin/sh
# What a card says in under eight minutes, from an unpacked bundle: ./firstCard.sh [RESULTS]. Each step has its own limit and its
# own file; a step that fails or runs out of time does not keep the next from running. PYTHON names a Python with torch.
# AMR_TEST_CARD=cuda-emulated tries the script where there is no card: the same steps under the same limits, on little data.
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
results=${1:-results}
mkdir -p "$results"
failed=0
card=${AMR_TEST_CARD:-cuda}
sizes=baby,clothing users=4000 items=3000 epochs=5
[ "$card" = cuda ] || { sizes=tiny users=40 items=30 epochs=1; }

# step NAME SECONDS COMMAND...
step() {
  name=$1 limit=$2
  shift 2
  echo "== $name (at most $limit s)"
  start=$(date +%s)
  # What saves its work when it is asked to end may be in the middle of a call: 5 s later it is killed.
  timeout -k 5 "$limit" "$@" >"$results/$name.log" 2>&1
  status=$?
  echo "$name: exit $status after $(($(date +%s) - start)) s" | tee -a "$results/summary.txt"
  [ "$status" -eq 0 ] || { failed=1; tail -5 "$results/$name.log"; }
}
# only PROGRAM STEP...: the step where the machine has the program.
only() {
  program=$1
  shift
  if command -v "$program" >/dev/null; then step "$@"; else echo "$1: there is no $program" | tee -a "$results/summary.txt"; fi
}

: >"$results/summary.txt"
cat "$here/COMMIT" >>"$results/summary.txt"
only nvidia-smi machine 10 nvidia-smi -q
step doctor 20 "$here/run" doctor
step smoke 40 "$here/run" smoke
step tests 110 "$here/run" test
step bench 110 "$here/run" bench --sizes "$sizes" --rounds 3 ${PYTHON:+--python "$PYTHON"} --report "$results/bench.md"
step catalog 20 "$here/run" data synth --out "$results/catalog" --users "$users" --items "$items" --image-size 0
for model in lightgcn agentmmrec; do
  step "train-$model" 30 "$here/run" train --model "$model" --data "$results/catalog" --workspace "$results/workspace" \
    --device "$card" --epochs "$epochs" --compare none --json
done
only compute-sanitizer memcheck 50 compute-sanitizer --error-exitcode 1 "$here/run" smoke
only ncu profile 50 ncu --set basic --launch-count 60 --csv "$here/run" smoke
exit $failed
