"""torch on the card, a line of JSON a request, a line an answer: {"do": "hello"} -> versions, {"do": "graph", paths} for what follows,
{"do": "prepare", "operation", "numbers"}, {"do": "round"} -> seconds of one call by CUDA events, of as many as fill some milliseconds.
Single operations run as one CUDA graph of as many calls, as ours do; "singly" says why one is launched call by call.
{"missing": why} where torch or the card is missing. Values are random, the graph is the one asked about."""
import json
import sys

import cudaEpochs

LEAST_SECONDS = 2e-3
graph = {}


def take_graph(torch, offsets, indices, values):
    def read(path, dtype):
        return torch.frombuffer(bytearray(open(path, "rb").read()), dtype=dtype).to("cuda")

    rows = read(offsets, torch.int32)
    nodes = len(rows) - 1
    graph["a"] = torch.sparse_csr_tensor(rows, read(indices, torch.int32), read(values, torch.float32), size=(nodes, nodes))


def spmm(torch, nodes, entries, d):
    x = torch.rand(nodes, d, device="cuda")
    return lambda: graph["a"] @ x


def gather(torch, rows, picked, d):
    x, ids = torch.rand(rows, d, device="cuda"), torch.randint(rows, (picked,), device="cuda")
    return lambda: x.index_select(0, ids)


def adam(torch, elements):
    parameter = torch.zeros(elements, device="cuda", requires_grad=True)
    parameter.grad = torch.rand(elements, device="cuda")
    return torch.optim.Adam([parameter], fused=True, capturable=True).step


def gemm(torch, m, n, k, transposeA, tf32=0):
    a = torch.rand(k, m, device="cuda").t() if transposeA else torch.rand(m, k, device="cuda")
    b = torch.rand(k, n, device="cuda")

    def run():
        torch.backends.cuda.matmul.allow_tf32 = bool(tf32)
        return a @ b

    return run


def infonce(torch, n, d):
    a, b, targets = torch.rand(n, d, device="cuda"), torch.rand(n, d, device="cuda"), torch.arange(n, device="cuda")
    return lambda: torch.nn.functional.cross_entropy(a @ b.t() / 0.2, targets)


def topk(torch, n, d, k):
    x = torch.nn.functional.normalize(torch.rand(n, d, device="cuda"))
    return lambda: [(part @ x.t()).topk(k) for part in x.split(4096)]


def rank(torch, users, items, d, k):
    u, i = torch.rand(users, d, device="cuda"), torch.rand(items, d, device="cuda")
    return lambda: (u @ i.t()).topk(k)


def lightgcn(torch, **sizes):
    return cudaEpochs.lightgcn(torch, graph, **sizes)


def agentmmrec(torch, **sizes):
    return cudaEpochs.agentmmrec(torch, graph, **sizes)


# topk and the epochs are loops of many launches of their own, as people write them.
RECORDED = (spmm, gather, adam, gemm, infonce, rank)
OPERATIONS = {operation.__name__: operation for operation in (spmm, gather, adam, gemm, infonce, topk, rank, lightgcn, agentmmrec)}


def seconds_of(torch, run, repeats):
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    for _ in range(repeats):
        run()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) / 1e3 / repeats


def recorded(torch, run, repeats):
    """The calls as one graph, warmed up on a stream of their own as torch asks."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            run()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(repeats):
            run()
    graph.replay()
    return graph.replay


def prepare(torch, state, operation, numbers):
    state["run"] = run = OPERATIONS[operation](torch, **numbers)
    for _ in range(2):
        run()
    state["repeats"] = repeats = max(1, min(200, int(LEAST_SECONDS / max(seconds_of(torch, run, 1), 1e-6)) + 1))
    state["graph"] = None
    if OPERATIONS[operation] not in RECORDED:
        return {"singly": "a loop"}
    try:
        state["graph"] = recorded(torch, run, repeats)
    except Exception as error:  # what torch cannot record here is launched call by call, and the table says so
        torch.cuda.synchronize()
        return {"singly": sentence(error)}
    return {}


def sentence(error):
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


def answer(torch, state, request):
    task = request.pop("do")
    if task == "hello":
        return {"versions": f"torch {torch.__version__}, CUDA {torch.version.cuda}"}
    if task == "graph":
        take_graph(torch, **request)
        return {}
    if task == "prepare":
        return prepare(torch, state, **request)
    if state["graph"]:
        return {"seconds": seconds_of(torch, state["graph"], 1) / state["repeats"]}
    return {"seconds": seconds_of(torch, state["run"], state["repeats"])}


def main():
    missing, torch = None, None
    try:
        import torch
    except ImportError:
        missing = "no torch in this Python"
    if torch and not torch.cuda.is_available():
        missing = f"torch {torch.__version__} sees no card"
    if not missing:
        torch.backends.cuda.matmul.allow_tf32 = False
    state = {}
    for line in sys.stdin:
        try:
            found = {"missing": missing} if missing else answer(torch, state, json.loads(line))
        except Exception as error:  # an operation that torch lacks here ends that operation alone
            found = {"missing": sentence(error)}
        print(json.dumps(found), flush=True)


main()
