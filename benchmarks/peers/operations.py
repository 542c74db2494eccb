"""The peers' side of every benchmark case, each written the way its library is meant to be used at its best."""
import importlib
import os

import numpy


class Missing(Exception):
    """A library that is not installed; the report names it."""


def optional(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


torch = optional("torch")
faiss = optional("faiss")
scipy_sparse = optional("scipy.sparse")
implicit_als = optional("implicit.cpu.als")


def libraries():
    found = {"numpy": numpy.__version__}
    if torch:
        found["torch"] = torch.__version__
    if faiss:
        found["faiss"] = faiss.__version__
    if scipy_sparse:
        found["scipy"] = importlib.import_module("scipy").__version__
    if implicit_als:
        found["implicit"] = importlib.import_module("implicit").__version__
    return found


def set_threads(threads):
    if torch:
        torch.set_num_threads(threads)
    if faiss:
        faiss.omp_set_num_threads(threads)


def need(library, name):
    if library is None:
        raise Missing(f"{name} is not installed in this Python")


def sparse_coo(a):
    rows = numpy.repeat(numpy.arange(len(a["offsets"]) - 1), numpy.diff(a["offsets"]))
    nodes = len(a["offsets"]) - 1
    indices = torch.from_numpy(numpy.stack([rows, a["indices"]]).astype(numpy.int64))
    return torch.sparse_coo_tensor(indices, torch.from_numpy(a["values"]), (nodes, nodes)).coalesce()


def sparse_csr(a):
    nodes = len(a["offsets"]) - 1
    parts = (torch.from_numpy(a["offsets"]), torch.from_numpy(a["indices"]), torch.from_numpy(a["values"]))
    return torch.sparse_csr_tensor(*parts, size=(nodes, nodes))


class Spmm:
    """out = A x with torch; A as CSR with int32 indices or as COO."""

    def __init__(self, arrays, parameters, layout):
        need(torch, "torch")
        self.a = sparse_csr(arrays) if layout == "csr" else sparse_coo(arrays)
        self.x = torch.from_numpy(arrays["x"])

    def run(self):
        self.out = self.a @ self.x

    def result(self):
        return self.out.numpy()


class ScipySpmm:
    def __init__(self, arrays, parameters):
        need(scipy_sparse, "scipy")
        nodes = len(arrays["offsets"]) - 1
        self.a = scipy_sparse.csr_matrix((arrays["values"], arrays["indices"], arrays["offsets"]), shape=(nodes, nodes))
        self.x = arrays["x"]

    def run(self):
        self.out = self.a @ self.x

    def result(self):
        return self.out


class FaissNeighbours:
    """Exact inner-product search over unit rows; adding the vectors is not timed, as our packing is."""

    def __init__(self, arrays, parameters):
        need(faiss, "faiss")
        self.x = arrays["x"] / numpy.maximum(numpy.linalg.norm(arrays["x"], axis=1, keepdims=True), 1e-12)
        self.k = parameters["k"]
        self.index = faiss.IndexFlatIP(self.x.shape[1])
        self.index.add(self.x)

    def run(self):
        _, self.out = self.index.search(self.x, self.k)

    def result(self):
        return self.out.astype(numpy.int32)


class TorchNeighbours:
    """Blocked matmul and topk; the block size was the fastest of 1024, 2048, 4096 and 8192."""

    def __init__(self, arrays, parameters):
        need(torch, "torch")
        self.x = torch.nn.functional.normalize(torch.from_numpy(arrays["x"]))
        self.k = parameters["k"]

    def run(self):
        self.out = torch.cat([(self.x[at : at + 4096] @ self.x.T).topk(self.k).indices for at in range(0, len(self.x), 4096)])

    def result(self):
        return self.out.numpy().astype(numpy.int32)


class TorchRanking:
    """Scores of 4096 users at a time, training items set to minus infinity, topk."""

    def __init__(self, arrays, parameters):
        need(torch, "torch")
        self.users = torch.from_numpy(arrays["users"])
        self.items = torch.from_numpy(arrays["items"])
        self.offsets = arrays["maskOffsets"]
        self.columns = torch.from_numpy(arrays["maskIndices"].astype(numpy.int64))
        self.rows = torch.from_numpy(numpy.repeat(numpy.arange(len(self.offsets) - 1), numpy.diff(self.offsets)))
        self.k = parameters["k"]

    def run(self):
        parts = []
        for at in range(0, len(self.users), 4096):
            end = min(at + 4096, len(self.users))
            scores = self.users[at:end] @ self.items.T
            entries = slice(int(self.offsets[at]), int(self.offsets[end]))
            scores[self.rows[entries] - at, self.columns[entries]] = -torch.inf
            parts.append(scores.topk(self.k).indices)
        self.out = torch.cat(parts)

    def result(self):
        return self.out.numpy().astype(numpy.int32)


class TorchBprSteps:
    """Steps of gather, BPR loss, autograd into dense tables, Adam (the fused implementation where torch has it)."""

    def __init__(self, arrays, parameters):
        need(torch, "torch")
        self.users = torch.nn.Parameter(torch.from_numpy(arrays["users"].copy()))
        self.items = torch.nn.Parameter(torch.from_numpy(arrays["items"].copy()))
        ids = [torch.from_numpy(arrays[name].astype(numpy.int64)) for name in ("userIds", "positiveIds", "negativeIds")]
        self.batches = list(zip(*ids))
        self.optimizer = torch.optim.Adam([self.users, self.items], lr=1e-3, fused=True)

    def run(self):
        for users, positives, negatives in self.batches:
            user, positive, negative = self.users[users], self.items[positives], self.items[negatives]
            loss = torch.nn.functional.softplus((user * negative).sum(1) - (user * positive).sum(1)).mean()
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        self.loss = loss

    def result(self):
        return numpy.array([self.loss.item()], dtype=numpy.float32)


class TorchGemm:
    def __init__(self, arrays, parameters):
        need(torch, "torch")
        self.a, self.b = torch.from_numpy(arrays["a"]), torch.from_numpy(arrays["b"])
        self.a = self.a.T if parameters.get("transposeA") else self.a
        self.b = self.b.T if parameters.get("transposeB") else self.b
        self.out = torch.empty(self.a.shape[0], self.b.shape[1])

    def run(self):
        torch.mm(self.a, self.b, out=self.out)

    def result(self):
        return self.out.numpy()


class TorchInfoNce:
    """In-batch cross-entropy of all pairs, forward and backward, in blocks of 4096 rows so that memory stays bounded."""

    def __init__(self, arrays, parameters):
        need(torch, "torch")
        self.a = torch.from_numpy(arrays["a"]).requires_grad_()
        self.b = torch.from_numpy(arrays["b"]).requires_grad_()
        self.temperature = parameters["temperature"]

    def run(self):
        self.a.grad = self.b.grad = None
        n = len(self.a)
        self.loss = 0.0
        for at in range(0, n, 4096):
            logits = self.a[at : at + 4096] @ self.b.T / self.temperature
            targets = torch.arange(at, at + len(logits))
            loss = torch.nn.functional.cross_entropy(logits, targets, reduction="sum") / n
            loss.backward()
            self.loss += loss.item()

    def result(self):
        return self.a.grad.numpy()


class ImplicitSweep:
    """One sweep of alternating least squares by the library implicit, from given factors."""

    def __init__(self, arrays, parameters):
        need(implicit_als, "implicit")
        weights = numpy.full(len(arrays["indices"]), parameters["weight"], numpy.float32)
        shape = (len(arrays["users"]), len(arrays["items"]))
        self.interactions = scipy_sparse.csr_matrix((weights, arrays["indices"], arrays["offsets"]), shape=shape)
        self.start = arrays["users"], arrays["items"]
        self.model = implicit_als.AlternatingLeastSquares(
            factors=arrays["users"].shape[1],
            regularization=parameters["lambda"],
            iterations=1,
            num_threads=int(os.environ["OMP_NUM_THREADS"]),
        )
        self.model.cg_steps = parameters["steps"]

    def run(self):
        self.model.user_factors, self.model.item_factors = (factors.copy() for factors in self.start)
        self.model.fit(self.interactions, show_progress=False)

    def result(self):
        return self.model.item_factors


class ScipySweep:
    """The same sweep in products of matrices: all rows of a side take their steps of conjugate gradients together."""

    def __init__(self, arrays, parameters):
        need(scipy_sparse, "scipy")
        ones = numpy.ones(len(arrays["indices"]), numpy.float32)
        shape = (len(arrays["users"]), len(arrays["items"]))
        self.by_user = scipy_sparse.csr_matrix((ones, arrays["indices"], arrays["offsets"]), shape=shape)
        self.by_item = self.by_user.T.tocsr()
        self.start, self.parameters = (arrays["users"], arrays["items"]), parameters

    def solve(self, pattern, x, y):
        weight = self.parameters["weight"]
        gram = y.T @ y + self.parameters["lambda"] * numpy.eye(y.shape[1], dtype=numpy.float32)
        rows = numpy.repeat(numpy.arange(pattern.shape[0]), numpy.diff(pattern.indptr))
        others = y[pattern.indices]

        def image(p):
            products = (weight - 1) * numpy.einsum("ij,ij->i", others, p[rows])
            return p @ gram + scipy_sparse.csr_matrix((products, pattern.indices, pattern.indptr), pattern.shape) @ y

        residual = weight * (pattern @ y) - image(x)
        direction, square = residual, numpy.einsum("ij,ij->i", residual, residual)
        for _ in range(int(self.parameters["steps"])):
            moved = image(direction)
            length = square / numpy.maximum(numpy.einsum("ij,ij->i", direction, moved), 1e-30)
            x = x + length[:, None] * direction
            residual = residual - length[:, None] * moved
            following = numpy.einsum("ij,ij->i", residual, residual)
            direction = residual + (following / numpy.maximum(square, 1e-30))[:, None] * direction
            square = following
        x[numpy.diff(pattern.indptr) == 0] = 0
        return x

    def run(self):
        users = self.solve(self.by_user, *self.start)
        self.items = self.solve(self.by_item, self.start[1], users)

    def result(self):
        return self.items


class TorchLightGcnEpoch:
    """One training epoch of LightGCN: shuffled positives, uniform negatives, propagation, BPR, autograd, Adam."""

    def __init__(self, arrays, parameters, layout):
        need(torch, "torch")
        self.a = sparse_csr(arrays) if layout == "csr" else sparse_coo(arrays)
        self.user_ids = torch.from_numpy(arrays["positiveUsers"].astype(numpy.int64))
        self.item_ids = torch.from_numpy(arrays["positiveItems"].astype(numpy.int64))
        self.negatives = torch.from_numpy(arrays["negativeItems"].astype(numpy.int64))
        self.user_count, self.layers = parameters["users"], parameters["layers"]
        self.batch, self.l2 = parameters["batch"], parameters["l2"]
        self.table = torch.nn.Parameter(torch.from_numpy(arrays["table"].copy()))
        self.optimizer = torch.optim.Adam([self.table], lr=1e-3, fused=True)

    def run(self):
        for at in range(0, len(self.user_ids), self.batch):
            users = self.user_ids[at : at + self.batch]
            positives = self.item_ids[at : at + self.batch] + self.user_count
            negatives = self.negatives[at : at + self.batch] + self.user_count
            layer = total = self.table
            for _ in range(self.layers):
                layer = self.a @ layer
                total = total + layer
            total = total / (self.layers + 1)
            user, positive, negative = total[users], total[positives], total[negatives]
            loss = torch.nn.functional.softplus((user * negative).sum(1) - (user * positive).sum(1)).mean()
            ego = self.table[users].square().sum() + self.table[positives].square().sum() + self.table[negatives].square().sum()
            loss = loss + self.l2 * ego / (2 * len(users))
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        self.loss = loss

    def result(self):
        return numpy.array([self.loss.item()], dtype=numpy.float32)


OPERATIONS = {
    ("spmm", "torch-csr"): lambda a, p: Spmm(a, p, "csr"),
    ("spmm", "torch-coo"): lambda a, p: Spmm(a, p, "coo"),
    ("spmm", "scipy"): ScipySpmm,
    ("neighbours", "faiss"): FaissNeighbours,
    ("neighbours", "torch"): TorchNeighbours,
    ("ranking", "torch"): TorchRanking,
    ("bpr", "torch"): TorchBprSteps,
    ("gemm", "torch"): TorchGemm,
    ("infonce", "torch"): TorchInfoNce,
    ("ials", "implicit"): ImplicitSweep,
    ("ials", "scipy"): ScipySweep,
    ("epoch", "torch-csr"): lambda a, p: TorchLightGcnEpoch(a, p, "csr"),
    ("epoch", "torch-coo"): lambda a, p: TorchLightGcnEpoch(a, p, "coo"),
}
