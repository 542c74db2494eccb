"""Epochs of LightGCN and AgentMMRec in torch on a card, as loops of their models' code are written: what cudaPeer.py runs beside ours. `graph`
holds the normalised adjacency "a" of users and items, which is its own transpose; all else is random, of the sizes asked for. Gradients of sparse
products take the transpose that is there, which torch by itself would make in every step."""

ALIGNMENT, TEMPERATURE, SLOPE, RATE = 3e-3, 0.2, 0.01, 1e-3


def products(torch):
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(context, x, matrix, transpose):
            context.transpose = transpose
            return matrix @ x

        @staticmethod
        def backward(context, d):
            return context.transpose @ d, None, None

    return Product.apply


def bpr(torch, user, positive, negative):
    return torch.nn.functional.softplus(((negative - positive) * user).sum(1)).mean()


def loop(torch, sizes, parameters, loss_of):
    """An epoch: pairs in a new order, a negative each, a step a batch; the losses stay on the card."""
    users, items, positives, batch, device = sizes
    optimizer = torch.optim.Adam(parameters, lr=RATE, fused=True)
    pairs = torch.stack([torch.randint(bound, (positives,), device=device) for bound in (users, items)])

    def run():
        order = torch.randperm(positives, device=device)
        losses = torch.zeros((), device=device)
        for begin in range(0, positives, batch):
            user, item = pairs[:, order[begin : begin + batch]]
            negative = torch.randint(items, item.shape, device=device)
            loss = loss_of(user, item, negative)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses += loss.detach()
        return losses

    return run


def lightgcn(torch, graph, users, items, positives, d, layers, batch):
    """Whole propagation, BPR with the ego rows' squares, Adam."""
    a, times = graph["a"], products(torch)
    table = torch.nn.Parameter(torch.randn(users + items, d, device=a.device) * 0.1)

    def loss_of(user, item, negative):
        layer = total = table
        for _ in range(layers):
            layer = times(layer, a, a)
            total = total + layer
        out = total / (layers + 1)
        ego = table[torch.cat([user, users + item, users + negative])]
        margins = bpr(torch, out[user], out[users + item], out[users + negative])
        return margins + 1e-4 / 2 * ego.square().sum() / len(user)

    return loop(torch, (users, items, positives, batch, a.device), [table], loss_of)


def agentmmrec(torch, graph, users, items, positives, d, hidden, layers, batch, image, text, k):
    """Knowledge and ids propagated together, side views of the ids gated by content, rows of the batch convolved over neighbours, BPR, the ids'
    squares and InfoNCE between views and propagated ids: docs/method.md#recommender."""
    a, times, functional = graph["a"], products(torch), torch.nn.functional
    device = a.device

    def perceptron(inputs, inner):
        layers_of = torch.nn.Linear(inputs, inner), torch.nn.LeakyReLU(SLOPE), torch.nn.Linear(inner, d)
        return torch.nn.Sequential(*layers_of).to(device)

    def csr(rows, columns, values, shape):
        matrix = torch.sparse_coo_tensor(torch.stack([rows, columns]), values, shape).coalesce()
        return matrix.to_sparse_csr(), matrix.t().coalesce().to_sparse_csr()

    def neighbours(rows):
        lists = torch.randint(rows, (rows, k), device=device)
        entries = torch.arange(rows, device=device).repeat_interleave(k)
        return lists, csr(entries, lists.flatten(), torch.full((rows * k,), 1 / k, device=device), (rows, rows))

    def joined(table, ids, *lists):
        return sum((table[of[ids]].mean(1) for of in lists), table[ids])

    whole = a.to_sparse_coo().coalesce()
    rows, columns = whole.indices()
    ours = rows < users
    user_items = csr(rows[ours], columns[ours] - users, whole.values()[ours], (users, items))
    (bmu, _), (bmi, bmi_graph), (rti, rti_graph) = neighbours(users), neighbours(items), neighbours(items)
    graphs = [neighbours(items)[1], neighbours(items)[1], bmi_graph, rti_graph]
    known = torch.randn(users + items, text, device=device)
    contents = [torch.randn(items, width, device=device) for width in (image, text)] + [known[users:]]
    project, gates = perceptron(text, hidden), [perceptron(content.shape[1], d) for content in contents]
    ids = torch.nn.Parameter(torch.randn(users + items, d, device=device) * 0.1)
    parameters = [ids, *project.parameters()] + [each for gate in gates for each in gate.parameters()]

    def infonce(side, behaviour, entities):
        distinct = entities.unique()
        own, other = (functional.normalize(view[distinct]) for view in (side, behaviour))
        return functional.cross_entropy(own @ other.t() / TEMPERATURE, torch.arange(len(distinct), device=device))

    def loss_of(user, item, negative):
        layer = total = torch.cat([project(known), ids], 1)
        for _ in range(layers):
            layer = times(layer, a, a)
            total = total + layer
        out = total / (layers + 1)
        own = ids[users:]
        gated = [own * torch.sigmoid(gate(content)) for gate, content in zip(gates, contents)] + [own]
        of_items = sum(times(rows_of, *of) for rows_of, of in zip(gated, graphs)) / len(graphs)
        side = torch.cat([times(of_items, *user_items), of_items])
        behaviour = out[:, d:]
        table = torch.cat([out[:, :d], behaviour + side], 1)
        rows_of_users, rows_of_items = table[:users], table[users:]
        positive, other = (joined(rows_of_items, one, bmi, rti) for one in (item, negative))
        margins = bpr(torch, joined(rows_of_users, user, bmu), positive, other)
        squares = ids[torch.cat([user, users + item, users + negative])].square().mean()
        views = infonce(side[users:], behaviour[users:], item) + infonce(side[:users], behaviour[:users], user)
        return margins + 1e-3 * squares + ALIGNMENT * views

    return loop(torch, (users, items, positives, batch, device), parameters, loss_of)
