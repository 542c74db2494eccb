"""The CUDA peers: reads a JSON list of {"operation", "numbers"} from standard input, times each in torch on the card by CUDA events,
and writes {"versions": ..., "seconds": [...]}, or {"missing": why} where torch or the card is missing. Seconds are the median of
seven rounds of ten calls after three that warm up. Inputs are random numbers of the shapes asked for."""
import json
import sys


def spmm(torch, nodes, entries, d):
    rows, _ = torch.sort(torch.randint(nodes, (entries,), device="cuda"))
    offsets = torch.searchsorted(rows, torch.arange(nodes + 1, device="cuda")).to(torch.int32)
    columns = torch.randint(nodes, (entries,), device="cuda", dtype=torch.int32)
    a = torch.sparse_csr_tensor(offsets, columns, torch.rand(entries, device="cuda"), size=(nodes, nodes))
    x = torch.rand(nodes, d, device="cuda")
    return lambda: a @ x


def gather(torch, rows, picked, d):
    x, ids = torch.rand(rows, d, device="cuda"), torch.randint(rows, (picked,), device="cuda")
    return lambda: x.index_select(0, ids)


def adam(torch, elements):
    parameter = torch.zeros(elements, device="cuda", requires_grad=True)
    parameter.grad = torch.rand(elements, device="cuda")
    return torch.optim.Adam([parameter], fused=True).step


def gemm(torch, m, n, k, transposeA):
    a = torch.rand(k, m, device="cuda").t() if transposeA else torch.rand(m, k, device="cuda")
    b = torch.rand(k, n, device="cuda")
    return lambda: a @ b


def infonce(torch, n, d):
    a, b, targets = torch.rand(n, d, device="cuda"), torch.rand(n, d, device="cuda"), torch.arange(n, device="cuda")
    return lambda: torch.nn.functional.cross_entropy(a @ b.t() / 0.2, targets)


def topk(torch, n, d, k):
    x = torch.nn.functional.normalize(torch.rand(n, d, device="cuda"))
    return lambda: [(part @ x.t()).topk(k) for part in x.split(4096)]


OPERATIONS = {operation.__name__: operation for operation in (spmm, gather, adam, gemm, infonce, topk)}


def seconds_of(torch, run):
    for _ in range(3):
        run()
    rounds = []
    for _ in range(7):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        for _ in range(10):
            run()
        end.record()
        end.synchronize()
        rounds.append(begin.elapsed_time(end) / 1e4)
    return sorted(rounds)[3]


def main():
    cases = json.load(sys.stdin)
    try:
        import torch
    except ImportError:
        return {"missing": "no torch in this Python"}
    if not torch.cuda.is_available():
        return {"missing": f"torch {torch.__version__} sees no card"}
    torch.backends.cuda.matmul.allow_tf32 = False
    times = [seconds_of(torch, OPERATIONS[case["operation"]](torch, **case["numbers"])) for case in cases]
    return {"versions": f"torch {torch.__version__}, CUDA {torch.version.cuda}", "seconds": times}


print(json.dumps(main()))
