"""Makes packages/encoders/fixtures: small models of the classes the encoders read, and what their Python originals compute.

Trained weights are not needed for parity, so they are drawn: a MiniLM-class sentence encoder (BERT of six layers and twelve heads,
mean pooling over the mask, unit length, 256 pieces), a CLIP-class image tower and a CNN, all with the code of their own
library, only narrow. Run it by hand where the libraries are; neither the product nor a test needs Python:

    python test/data/encoderFixtures/makeFixtures.py packages/encoders/fixtures

Needs torch, transformers, sentence-transformers, tokenizers, onnx, onnxscript or a torch with the TorchScript exporter, Pillow.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy
import PIL
import sentence_transformers
import tokenizers
import torch
import transformers
from PIL import Image
from sentence_transformers import models

OUT = Path(sys.argv[1])
VERSIONS = (
    f"torch {torch.__version__}, transformers {transformers.__version__}, sentence-transformers "
    f"{sentence_transformers.__version__}, tokenizers {tokenizers.__version__}, Pillow {PIL.__version__}"
)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
WORDS = ["blue", "mug", "hold", "##ing", "coffee", "cafe", "un", "##aff", "##able"]
SIGNS = list("!-,.&中文éß$()'")
TEXTS = [
    "Blue mug, holds coffee!",
    "CAFÉ café cafe\u0301",
    "unaffable",
    "中文mug",
    "  spaced\t\nout  ",
    "",
    "x" * 101 + " blue",
    "a-b&c (d) $5.00",
    "naïve ß ẞ",
    "emoji 😀 mug",
    "zero\u200bwidth \u00ad soft",
    "it's",
    "nul\x00 and \ufffd gone",
    "ΑΒΓ blue",
    "a " * 400,
    "mug " * 253 + "coffee",
    "mug " * 254 + "coffee",
    "İstanbul",
    "[MASK] blue",
    "coöperate ½ ①",
]
# Wide enough spreads that drawn weights tell inputs apart.
SPREAD = 0.25


def rounded(values, digits=7):
    return [round(float(value), digits) for value in numpy.asarray(values).ravel()]


def write_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=True) + "\n")


def drawn(model, seed):
    """Every weight drawn from the seed, whatever the library's own start is."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator) * SPREAD
            parameter.copy_(noise + (1.0 if name.endswith("orm.weight") or "norm" in name and name.endswith("weight") else 0.0))
    return model.eval()


class Named(torch.nn.Module):
    """The outputs that the exporters of the field give, by position."""

    def __init__(self, model, outputs):
        super().__init__()
        self.model, self.outputs = model, outputs

    def forward(self, *inputs):
        found = self.model(*inputs) if len(inputs) == 1 else self.model(input_ids=inputs[0], attention_mask=inputs[1], token_type_ids=inputs[2])
        return tuple(found[name] for name in self.outputs)


def export(model, inputs, names, outputs, axes, path):
    torch.onnx.export(
        Named(model, outputs).eval(), inputs, str(path), input_names=names, output_names=outputs,
        dynamic_axes={name: axes[name] for name in names + outputs}, opset_version=17, dynamo=False,
    )


def make_text(folder):
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *DIGITS]
    vocabulary += ["##" + sign for sign in LETTERS + DIGITS] + WORDS + SIGNS
    tokenizer = tokenizers.BertWordPieceTokenizer(
        {piece: n for n, piece in enumerate(vocabulary)}, lowercase=True, strip_accents=None
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    config = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=24, num_hidden_layers=6, num_attention_heads=12,
        intermediate_size=48, max_position_embeddings=512, attn_implementation="eager",
    )
    model = drawn(transformers.BertModel(config, add_pooling_layer=False), 7)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]",
        sep_token="[SEP]", mask_token="[MASK]", model_max_length=512,
    )
    with tempfile.TemporaryDirectory() as whole:
        model.save_pretrained(whole)
        fast.save_pretrained(whole)
        words = models.Transformer(whole, max_seq_length=256)
        pooling = models.Pooling(config.hidden_size, pooling_mode="mean")
        encoder = sentence_transformers.SentenceTransformer(
            modules=[words, pooling, models.Normalize()], device="cpu"
        )
        # All texts in one batch: the original pads and masks, which must not show.
        vectors = encoder.encode(TEXTS, batch_size=len(TEXTS))
        ids = [fast(text, truncation=True, max_length=256)["input_ids"] for text in TEXTS]
    sample = (torch.ones(2, 7, dtype=torch.long),) * 2 + (torch.zeros(2, 7, dtype=torch.long),)
    axis = {0: "texts", 1: "pieces"}
    names = ["input_ids", "attention_mask", "token_type_ids"]
    export(model, sample, names, ["last_hidden_state"], dict.fromkeys([*names, "last_hidden_state"], axis), folder / "model.onnx")
    cases = [{"text": text, "ids": list(map(int, own)), "vector": rounded(row)} for text, own, row in zip(TEXTS, ids, vectors)]
    write_json(folder / "expected.json", {
        "provenance": f"test/data/encoderFixtures/makeFixtures.py with {VERSIONS}: transformers.BertModel of 6 layers and 12 heads, "
        "weights drawn from torch seed 7; ids by its fast tokenizer truncated to 256; vectors by SentenceTransformer(Transformer, "
        "Pooling mean, Normalize), all texts in one padded batch.",
        "cases": cases,
    })


def wide():
    """90 x 60: slopes, a sharp disc, thin lines."""
    y, x = numpy.mgrid[0:60, 0:90]
    pixels = numpy.stack([x * 255 // 89, y * 255 // 59, (x + y) * 255 // 148], axis=2)
    pixels[(x - 60) ** 2 + (y - 25) ** 2 < 180] = (250, 20, 30)
    pixels[(x // 3 + y // 4) % 7 == 0] = (10, 200, 90)
    return Image.fromarray(pixels.astype(numpy.uint8))


def tall():
    """11 x 23: smaller than any model sees, so it is enlarged."""
    y, x = numpy.mgrid[0:23, 0:11]
    pixels = numpy.stack([(x * 37 + y * 11) % 256, (x * y * 3) % 256, 255 - y * 11], axis=2)
    return Image.fromarray(pixels.astype(numpy.uint8))


def grey():
    """64 x 64 with one channel."""
    y, x = numpy.mgrid[0:64, 0:64]
    return Image.fromarray(((numpy.sin(x / 5) * numpy.cos(y / 9) + 1) * 127).astype(numpy.uint8))


def make_images(folder, images, processor, model, seed, output, side, described):
    folder.mkdir(parents=True, exist_ok=True)
    drawn(model, seed)
    # As the model repositories have it: what the processor does, and nothing of this library.
    keys = ("do_resize", "size", "resample", "crop_pct", "do_center_crop", "crop_size", "do_rescale", "rescale_factor",
            "do_normalize", "image_mean", "image_std")
    known = json.loads(processor.to_json_string())
    write_json(folder / "preprocessor_config.json", {key: known[key] for key in keys if known.get(key) is not None})
    axes = {"pixel_values": {0: "images"}, output: {0: "images"}}
    export(model, (torch.zeros(2, 3, side, side),), ["pixel_values"], [output], axes, folder / "model.onnx")
    cases = []
    for name, image in images.items():
        pixels = processor(image.convert("RGB"), return_tensors="pt")["pixel_values"]
        with torch.no_grad():
            vector = model(pixels)[output].flatten()
        cases.append({"image": name, "pixels": rounded(pixels, 4), "vector": rounded(vector / vector.norm())})
    write_json(folder / "expected.json", {
        "provenance": f"test/data/encoderFixtures/makeFixtures.py with {VERSIONS}: {described}, weights drawn from torch seed {seed}; "
        f"pixels by {type(processor).__name__}; vectors {output}, unit length. The images are formulas of their coordinates.",
        "cases": cases,
    })


def make_resampled(path, images):
    """What Pillow's filters make of the images, smaller and larger."""
    cases = []
    for name, number in [("nearest", 0), ("lanczos", 1), ("bilinear", 2), ("bicubic", 3), ("box", 4), ("hamming", 5)]:
        for image, size in [("wide.png", (13, 9)), ("tall.png", (17, 29)), ("grey.png", (64, 5))]:
            pixels = numpy.asarray(images[image].convert("RGB").resize(size, number))
            cases.append({"kernel": name, "image": image, "size": size, "rgb": [int(value) for value in pixels.ravel()]})
    write_json(path, {"provenance": f"test/data/encoderFixtures/makeFixtures.py with Pillow {PIL.__version__}", "cases": cases})


def main():
    make_text(OUT / "text")
    images = {"wide.png": wide(), "tall.png": tall(), "grey.png": grey()}
    (OUT / "images").mkdir(parents=True, exist_ok=True)
    for name, image in images.items():
        image.save(OUT / "images" / name)
    make_resampled(OUT / "resampled.json", images)
    clip = transformers.CLIPVisionConfig(
        hidden_size=24, intermediate_size=48, projection_dim=16, num_hidden_layers=3, num_attention_heads=4, image_size=32,
        patch_size=8, attn_implementation="eager",
    )
    make_images(
        OUT / "clip", images, transformers.CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
        transformers.CLIPVisionModelWithProjection(clip), 8, "image_embeds", 32, "transformers.CLIPVisionModelWithProjection of 3 layers",
    )
    cnn = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="basic")
    make_images(
        OUT / "cnn", images, transformers.ConvNextImageProcessorPil(size={"shortest_edge": 28}, crop_pct=0.875, resample=3),
        transformers.ResNetModel(cnn), 9, "pooler_output", 28, "transformers.ResNetModel of 2 stages",
    )
    vit = transformers.ViTConfig(
        hidden_size=24, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, image_size=32, patch_size=8,
        attn_implementation="eager", pooler_output_size=24,
    )
    make_images(
        OUT / "vit", images, transformers.ViTImageProcessorPil(size={"height": 32, "width": 32}),
        transformers.ViTModel(vit), 10, "pooler_output", 32, "transformers.ViTModel of 2 layers",
    )


main()
