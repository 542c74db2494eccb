"""One peer process: the same operations in torch, faiss, scipy and numpy, timed inside the process that runs them.

Protocol, one JSON object a line on standard input, one answer a line on standard output:
  {"do": "hello", "threads": 2}                        -> {"libraries": {"torch": "2.13.0", ...}}
  {"do": "prepare", "operation": ..., "variant": ..., "parameters": {...}, "arrays": {name: {"path", "dtype", "shape"}}}
                                                       -> {"ready": true} or {"missing": "why"}
  {"do": "run"}                                        -> {"seconds": ...}
  {"do": "result", "path": ...}                        -> {"shape": [...]}, the output of the last run as raw float32 / int32
Arrays are raw little-endian files. Each operation is a class in operations.py with prepare-once and run-many.
"""
import json
import sys
import time

import numpy

from operations import OPERATIONS, Missing, libraries, set_threads


def load(arrays):
    return {name: numpy.fromfile(a["path"], dtype=a["dtype"]).reshape(a["shape"]) for name, a in arrays.items()}


def main():
    prepared = None
    for line in sys.stdin:
        request = json.loads(line)
        action = request["do"]
        if action == "hello":
            set_threads(request["threads"])
            answer = {"libraries": libraries()}
        elif action == "prepare":
            prepared = None  # the old operation's memory goes first
            try:
                operation = OPERATIONS[request["operation"], request["variant"]]
                prepared = operation(load(request["arrays"]), request["parameters"])
                answer = {"ready": True}
            except Missing as why:
                answer = {"missing": str(why)}
        elif action == "run":
            start = time.perf_counter()
            prepared.run()
            answer = {"seconds": time.perf_counter() - start}
        elif action == "result":
            result = numpy.ascontiguousarray(prepared.result())
            result.tofile(request["path"])
            answer = {"shape": list(result.shape), "dtype": str(result.dtype)}
        else:
            answer = {"missing": f"unknown request {action}"}
        print(json.dumps(answer), flush=True)


main()
