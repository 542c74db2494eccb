"""Prints the seconds of an exact faiss search, the least of five: how fast the OpenBLAS inside it is with the core type of the environment."""
import sys
import time

import faiss
import numpy

ROWS, ITEMS, WIDTH = 1024, 8192, 64


def main():
    faiss.omp_set_num_threads(int(sys.argv[1]))
    generator = numpy.random.default_rng(1)
    items = generator.standard_normal((ITEMS, WIDTH), dtype=numpy.float32)
    index = faiss.IndexFlatIP(WIDTH)
    index.add(items)
    seconds = []
    for _ in range(6):
        start = time.perf_counter()
        index.search(items[:ROWS], 20)
        seconds.append(time.perf_counter() - start)
    print(min(seconds[1:]))


main()
