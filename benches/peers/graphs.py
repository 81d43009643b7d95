"""ONNX Runtime: the graphs that it runs, and its runner."""

import contextlib
import logging
import os
import warnings

import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers import optimizer

import runners


class Onnx(runners.InProcess):
    """ONNX Runtime on one graph."""

    def __init__(self, name, variant, crew, path):
        super().__init__(name, variant, crew)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = crew.threads
        options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def ready(self, batch):
        return {"input_ids": batch.ids, "attention_mask": batch.mask, "token_type_ids": batch.type_ids}

    def forward(self, inputs):
        return self.session.run(["logits"], inputs)[0]


def variants(model, folder, crews, vnni):
    """Every form of ONNX Runtime that is tried, on each crew, and what its optimiser fused."""
    (plain, fused), fusions = export(model, folder)
    forms = [("ONNX Runtime f32", "plain", plain), ("ONNX Runtime f32", "fused", fused)]
    forms += [("ONNX Runtime dynamic int8", variant, int8(path, vnni)) for variant, path in (("plain", plain), ("fused", fused))]
    return [Onnx(name, variant, crew, path) for name, variant, path in forms for crew in crews], fusions


def export(model, folder):
    """Two graphs of a PyTorch model's weights: as PyTorch exports it, and with ONNX Runtime's transformer fusions.

    The export takes eager attention, whose nodes the fusions know; attention is then one fused node. Returns the paths and
    what was fused; ONNX Runtime's own graph optimisations come on top of both when a session is made.
    """

    class LogitsOnly(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, ids, mask, types):
            return self.model(input_ids=ids, attention_mask=mask, token_type_ids=types).logits

    names = ["input_ids", "attention_mask", "token_type_ids"]
    per_token = {0: "sequences", 1: "tokens"}
    ids = torch.randint(1000, 2000, (2, 16))
    mask = torch.ones_like(ids)
    mask[1, 10:] = 0
    plain, fused = folder / "plain.onnx", folder / "fused.onnx"
    model.set_attn_implementation("eager")
    try:
        with torch.no_grad(), _quiet():
            torch.onnx.export(
                LogitsOnly().eval(),
                (ids, mask, torch.zeros_like(ids)),
                str(plain),
                input_names=names,
                output_names=["logits"],
                dynamic_axes={name: per_token for name in names} | {"logits": {0: "sequences"}},
                opset_version=17,
                dynamo=False,  # the exporter whose graphs the fusions below were made for
            )
    finally:
        model.set_attn_implementation("sdpa")
    config = model.config
    sizes = {"num_heads": config.num_attention_heads, "hidden_size": config.hidden_size}
    with _quiet():
        graph = optimizer.optimize_model(str(plain), model_type="bert", opt_level=0, **sizes)
    graph.save_model_to_file(str(fused))
    statistics = {name: count for name, count in graph.get_fused_operator_statistics().items() if count}
    return (plain, fused), statistics


def int8(path, vnni):
    """The graph with int8 weights, one scale a channel, and u8 activations quantized at each call. Returns its path.

    Without VNNI, products of u8 and i8 could overflow 16 bits, so weights then keep 7 bits, as ONNX Runtime advises.
    """
    ready, quantized = path.with_suffix(".ready.onnx"), path.with_suffix(".int8.onnx")
    with _quiet():
        if path.stem == "plain":
            quant_pre_process(str(path), str(ready), skip_symbolic_shape=True)
        else:
            ready = path  # ONNX's shape inference does not know the fused nodes
        quantize_dynamic(
            ready,
            quantized,
            per_channel=True,
            reduce_range=not vnni,
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    return quantized


@contextlib.contextmanager
def _quiet():
    """Without the exporters' warnings about themselves."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
