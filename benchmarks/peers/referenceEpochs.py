"""Training steps of a published model as its reference library runs them: processor seconds and peak memory.

Needs a checkout of a library in the form of MMRec (MMRec itself, its descendants with the other models), unchanged, and numpy, scipy,
pandas, pyyaml and torch. What the library imports for pictures and plots is not needed for steps and stands in empty.

  python referenceEpochs.py --library MMRec/src --model FREEDOM --data tiktok --options '{"dropout": 0.8}' --steps 5

prints one JSON object: processor seconds of each step and of the sampling of its batch, steps of an epoch, peak resident bytes.
"""
import argparse
import importlib.util
import json
import os
import resource
import sys
import tempfile
import time
import types
from unittest import mock


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True, help="the folder with models/, common/ and configs/")
    parser.add_argument("--model", required=True, help="the class, as its file writes it")
    parser.add_argument("--data", required=True, help="a folder with NAME.inter, image_feat.npy and another *_feat.npy")
    parser.add_argument("--options", default="{}", help="JSON of options that the library's configuration leaves open")
    parser.add_argument("--steps", type=int, default=5)
    given = parser.parse_args()
    given.data, given.library = os.path.abspath(given.data), os.path.abspath(given.library)
    return given


def stand_in(*names):
    """Modules that are imported and never used in a step."""
    for name in names:
        try:
            __import__(name)
        except ImportError:
            sys.modules[name] = mock.MagicMock()


def without_results(model):
    """Results that a model keeps as parameters: on a card `.to` makes plain tensors of them, here that is done by hand."""
    for module in model.modules():
        for name in [name for name in module._parameters if name.startswith("result")]:
            value = module._parameters.pop(name)
            setattr(module, name, None if value is None else value.detach())


def degrees(source, index, dim=0, dim_size=None):
    import torch

    out = torch.zeros(dim_size or int(index.max()) + 1, dtype=source.dtype)
    return out.index_add(0, index, source)


def lay_data(folder, data):
    """The data set under the names that the libraries expect, in a folder that can be written into."""
    name = next(file for file in os.listdir(data) if file.endswith(".inter"))
    other = next(file for file in sorted(os.listdir(data)) if file.endswith("_feat.npy") and file != "image_feat.npy")
    target = os.path.join(folder, "set")
    os.makedirs(target)
    for source, link in [(name, "set.inter"), ("image_feat.npy", "image_feat.npy"), (other, "text_feat.npy")]:
        os.symlink(os.path.abspath(os.path.join(data, source)), os.path.join(target, link))
    return target


def shared_users(folder, train):
    """Users by the number of items they share, most first: what libraries of this kind read beside the data."""
    import numpy
    import scipy.sparse

    users = train.user_num
    rows = train.df[train.uid_field].values
    columns = train.df[train.iid_field].values
    x = scipy.sparse.csr_matrix((numpy.ones(len(rows)), (rows, columns)), (users, train.item_num))
    shared = (x @ x.T).tocsr()
    shared.setdiag(0)
    shared.eliminate_zeros()
    graph = {}
    for user in range(users):
        row = shared[user]
        order = numpy.argsort(-row.data)[:200]
        graph[user] = [row.indices[order].tolist(), row.data[order].tolist()]
    numpy.save(os.path.join(folder, "user_graph_dict.npy"), graph, allow_pickle=True)


def main():
    given = arguments()
    stand_in("lmdb", "PIL", "matplotlib", "matplotlib.pyplot", "torchvision", "torchvision.transforms",
             "torchvision.transforms.functional", "spacy")
    import torch
    import torch_geometric.nn  # noqa: F401  asks by itself which libraries are there

    stand_in("torch_sparse", "sklearn", "sklearn.cluster")

    torch.set_num_threads(1)
    torch.Tensor.cuda = lambda self, *_, **__: self  # some models ask for a card whatever the device
    import scipy.sparse

    if "torch_scatter" not in sys.modules and importlib.util.find_spec("torch_scatter") is None:
        # only for the degrees of an item graph before training
        sys.modules["torch_scatter"] = types.SimpleNamespace(scatter_add=degrees, scatter=None)
    if not hasattr(scipy.sparse.dok_matrix, "_update"):  # what they call was there before scipy 1.13
        scipy.sparse.dok_matrix._update = lambda self, entries: self._dict.update(entries)
    os.chdir(given.library)
    sys.path.insert(0, os.getcwd())
    from utils.configurator import Config
    from utils.dataloader import TrainDataLoader
    from utils.dataset import RecDataset
    from utils.utils import get_model, init_seed

    with tempfile.TemporaryDirectory() as folder:
        data = lay_data(folder, given.data)
        config = Config(given.model, "set", {
            "data_path": folder + "/", "use_gpu": False, "gpu_id": 0, "inter_file_name": "set.inter",
            "USER_ID_FIELD": "userID", "ITEM_ID_FIELD": "itemID", "TIME_FIELD": "timestamp", "field_separator": "\t",
            "inter_splitting_label": "x_label", "filter_out_cod_start_users": True, "vision_feature_file": "image_feat.npy",
            "text_feature_file": "text_feat.npy", "user_graph_dict_file": "user_graph_dict.npy", **json.loads(given.options)})
        for name in config["hyper_parameters"]:
            if isinstance(config[name], list):
                config[name] = config[name][0]
        init_seed(config["seed"])
        whole = RecDataset(config)
        train = whole.split()[0]
        str(train)
        shared_users(data, train)
        loader = TrainDataLoader(config, train, batch_size=config["train_batch_size"], shuffle=True)
        loader.pretrain_setup()
        model = get_model(given.model)(config, loader)
        without_results(model)
        decay = config["weight_decay"] or 0.0
        optimizer = torch.optim.Adam(model.parameters(), lr=config["learning_rate"], weight_decay=float(decay))
        model.train()
        begin = time.process_time()
        if hasattr(model, "pre_epoch_processing"):
            model.pre_epoch_processing()
        before_epoch = time.process_time() - begin
        sampling, steps = [], []
        batches = iter(loader)
        for _ in range(given.steps):
            begin = time.process_time()
            batch = next(batches)
            sampled = time.process_time()
            optimizer.zero_grad()
            losses = model.calculate_loss(batch)
            loss = sum(losses) if isinstance(losses, tuple) else losses
            loss.backward()
            optimizer.step()
            sampling.append(sampled - begin)
            steps.append(time.process_time() - sampled)
        print(json.dumps({
            "model": given.model, "sampling": sampling, "steps": steps, "beforeEpoch": before_epoch,
            "stepsPerEpoch": -(-len(train) // config["train_batch_size"]), "loss": float(loss.detach()),
            "peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
