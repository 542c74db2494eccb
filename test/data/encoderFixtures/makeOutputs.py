"""Makes packages/encoders/fixtures/outputs: image models of some hundred bytes, one for each way in which people export outputs.

Each averages the colours of a picture. Run it by hand:

    python test/data/encoderFixtures/makeOutputs.py packages/encoders/fixtures/outputs

Needs onnx.
"""

import json
import sys
from pathlib import Path

from onnx import TensorProto, checker, helper

OUT = Path(sys.argv[1])
OUT.mkdir(exist_ok=True)
SIDE = 4


def save(name, nodes, outputs, shape=("n", 3, SIDE, SIDE), kind=TensorProto.FLOAT):
    pixels = helper.make_tensor_value_info("pixel_values", kind, list(shape))
    graph = helper.make_graph(nodes, name, [pixels], outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    checker.check_model(model)
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString())


def output(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


mean = helper.make_node("GlobalAveragePool", ["pixel_values"], ["pooled"])
flat = helper.make_node("Flatten", ["pooled"], ["vectors"])
reshape = [
    helper.make_node("Constant", [], ["shape"], value=helper.make_tensor("v", TensorProto.INT64, [3], [0, 3, SIDE * SIDE])),
    helper.make_node("Reshape", ["pixel_values", "shape"], ["channels"]),
    helper.make_node("Transpose", ["channels"], ["patches"], perm=[0, 2, 1]),
]


def cast(to, name):
    return helper.make_node("Cast", ["vectors"], [name], to=to)


save("plain", [mean, flat], [output("vectors", ["n", 3])])
save("half", [mean, flat, cast(TensorProto.FLOAT16, "half")], [output("half", ["n", 3], TensorProto.FLOAT16)])
save("double", [mean, flat, cast(TensorProto.DOUBLE, "double")], [output("double", ["n", 3], TensorProto.DOUBLE)])
save("whole", [mean, flat, cast(TensorProto.INT64, "whole")], [output("whole", ["n", 3], TensorProto.INT64)])
save("patches", reshape, [output("patches", ["n", SIDE * SIDE, 3])])
save("several", [*reshape, mean, flat], [output("patches", ["n", SIDE * SIDE, 3]), output("vectors", ["n", 3])])
save("map", [helper.make_node("Identity", ["pixel_values"], ["map"])], [output("map", ["n", 3, SIDE, SIDE])])
save("larger", [mean, flat], [output("vectors", ["n", 3])], shape=("n", 3, 2 * SIDE, 2 * SIDE))
save(
    "colours-last",
    [helper.make_node("ReduceMean", ["pixel_values"], ["vectors"], axes=[1, 2], keepdims=0)],
    [output("vectors", ["n", 3])],
    shape=("n", SIDE, SIDE, 3),
)
(OUT / "preprocessor_config.json").write_text(
    json.dumps({"do_resize": True, "size": {"height": SIDE, "width": SIDE}, "do_normalize": False}) + "\n"
)
