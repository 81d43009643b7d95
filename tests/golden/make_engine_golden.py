"""Makes the reference logits that the engines are tested against.

    .venv-golden/bin/python tests/golden/make_engine_golden.py            (requirements.txt says how to make the venv)

Writes, beside itself:
- tiny/NAME/{config.json,model.safetensors,expected.json}: random checkpoints of every architecture, in the shapes and storage
  types that checkpoints come in, with the logits of every row;
- bundled/{ner,nli}.json: logits of the bundled models. For sequences of more than 20 tokens a token head's rows are a
  sample: every 16th and the last one; `rows` says which.

Everything runs in f32 with eager attention, one sequence at a time, so that no padding is involved. The weights that are
stored in f16 or bf16 are widened before the reference runs. Same versions, same machine type: same bytes.
"""

import json
import random
import shutil
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertForSequenceClassification, BertForTokenClassification

HERE = Path(__file__).parent
MODELS = HERE.parents[1] / "models"

TEXT = """Maria Kowalska of the Polish foreign ministry told reporters in Warsaw on Tuesday that talks with the European
Union and Siemens AG would go on in Brussels next week. "We are not there yet", she said. The German government, the World
Bank and 14 companies, among them Nokia and Petrobras, had asked for more time after the earthquake near Valparaíso. The
bridge over the river Drina should open in 2031; it would cost €450 million. Critics such as John O'Neill call it a waste
of money, while supporters point to the 3,200 jobs that the Balkan Games created in Sarajevo."""


def save_tiny(name, model_class, dtype=torch.float32, pooler=None, rename=None, **sizes):
    """A checkpoint with random weights of a sensible scale, and its logits."""
    sizes = {"hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 64} | sizes
    config = BertConfig(
        vocab_size=97, max_position_embeddings=40, num_hidden_layers=2, num_labels=3, layer_norm_eps=1e-12, **sizes
    )
    config._attn_implementation = "eager"
    torch.manual_seed(sum(map(ord, name)))
    model = model_class(config).eval()
    state = {}
    for key, value in model.state_dict().items():
        if "LayerNorm.weight" in key:
            value = 1 + 0.2 * torch.randn_like(value)
        else:
            value = 0.2 * torch.randn_like(value)
        state[key] = value.to(dtype)
    model.load_state_dict({key: value.float() for key, value in state.items()})
    if pooler:
        # A token head does not read it; checkpoints converted from pretraining carry it all the same.
        width = config.hidden_size
        state["bert.pooler.dense.weight"] = torch.randn(width, width).to(dtype)
        state["bert.pooler.dense.bias"] = torch.randn(width).to(dtype)
    if rename:
        state = {rename(key): value for key, value in state.items()}
    folder = HERE / "tiny" / name
    folder.mkdir(parents=True)
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    config.architectures = [model_class.__name__]
    (folder / "config.json").write_text(config.to_json_string(use_diff=False))
    pick = random.Random(name)
    sequences = [([pick.randrange(97) for _ in range(n)], [int(i > n // 2) for i in range(n)]) for n in (1, 2, 3, 7, 16, 33, 40)]
    write_expected(folder / "expected.json", model, sequences, every=1)


COMMON = {"vocab_size": 97, "num_labels": 3}
BERT = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": 40}
# Positions of RoBERTa and MPNet begin behind the padding's row, so that two rows more hold as many tokens.
ROBERTA = BERT | {"max_position_embeddings": 42, "type_vocab_size": 1}
DEBERTA = BERT | {
    "relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 8, "norm_rel_ebd": "layer_norm",
    "share_att_key": True, "position_biased_input": False, "type_vocab_size": 0, "max_relative_positions": -1,
}
# As in v2's larger models: weights of their own for positions, a convolution, every distance a row.
DEBERTA_V2 = DEBERTA | {
    "share_att_key": False, "position_buckets": -1, "conv_kernel_size": 3, "conv_act": "gelu", "embedding_size": 16,
    "position_biased_input": True, "type_vocab_size": 2, "norm_rel_ebd": "none",
}
MODERN = BERT | {
    "num_hidden_layers": 4, "intermediate_size": 48, "max_position_embeddings": 300, "local_attention": 10, "pad_token_id": 0,
    "eos_token_id": 2, "bos_token_id": 1, "cls_token_id": 1, "sep_token_id": 2,
}
BART = {
    "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64, "decoder_ffn_dim": 48, "max_position_embeddings": 40,
}
DISTIL = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "max_position_embeddings": 40}
SHORT = (1, 2, 3, 7, 16, 33, 40)
# Longer than the distances that have buckets of their own, and than a block of local attention.
LONG = (1, 2, 9, 64, 148)
LONGER = (1, 2, 9, 64, 300)

# Name, class in transformers without its head, heads, configuration, lengths, whether it is given token types.
ARCHITECTURES = [
    ("roberta", "Roberta", "ts", ROBERTA, SHORT, False),
    ("xlm-roberta", "XLMRoberta", "ts", ROBERTA, SHORT, False),
    ("camembert", "Camembert", "ts", ROBERTA, SHORT, False),
    ("distilbert", "DistilBert", "ts", DISTIL, SHORT, False),
    ("electra", "Electra", "ts", BERT | {"embedding_size": 16}, SHORT, True),
    ("mpnet", "MPNet", "ts", BERT | {"max_position_embeddings": 150}, LONG, False),
    ("albert", "Albert", "ts", BERT | {"num_hidden_layers": 3, "embedding_size": 16, "num_hidden_groups": 2}, SHORT, True),
    # As released checkpoints of these have it: one group of layers, and another epsilon than the classes' default.
    ("albert-one-group", "Albert", "ts", BERT | {"embedding_size": 16}, SHORT, True),
    ("bert-epsilon", "Bert", "ts", BERT | {"layer_norm_eps": 1e-5}, SHORT, True),
    ("roberta-epsilon", "Roberta", "ts", ROBERTA | {"layer_norm_eps": 1e-5}, SHORT, False),
    ("deberta-v2", "DebertaV2", "ts", DEBERTA_V2, SHORT, True),
    ("deberta-v3", "DebertaV2", "ts", DEBERTA, SHORT, False),
    ("bart", "Bart", "s", BART, SHORT, False),
    ("modernbert", "ModernBert", "ts", MODERN, LONGER, False),
    ("modernbert-mean", "ModernBert", "s", MODERN | {"classifier_pooling": "mean", "norm_bias": True, "mlp_bias": True,
                                                     "attention_bias": True, "classifier_bias": True}, LONGER, False),
]


def save_architecture(name, prefix, head, settings, lengths, types):
    """As `save_tiny`, for any architecture; weights are stored in f16."""
    name = f"{name}-{'token' if head == 't' else 'sequence'}"
    class_name = f"{prefix}For{'Token' if head == 't' else 'Sequence'}Classification"
    config = getattr(transformers, f"{prefix}Config")(**COMMON, **settings)
    config._attn_implementation = "eager"
    torch.manual_seed(sum(map(ord, name)))
    model = getattr(transformers, class_name)(config).float().eval()
    shared = {}  # Tied weights stay tied, and are stored once.
    state = {}
    for key, value in model.state_dict(keep_vars=True).items():
        if id(value) in shared:
            continue
        shared[id(value)] = key
        norm = "norm" in key.lower() and key.endswith("weight")
        with torch.no_grad():
            value.copy_(((1 if norm else 0) + 0.2 * torch.randn_like(value)).half())
        state[key] = value.detach().half().contiguous()
    folder = HERE / "tiny" / name
    folder.mkdir(parents=True)
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    config.architectures = [class_name]
    (folder / "config.json").write_text(config.to_json_string(use_diff=False))
    if name == "modernbert-mean-sequence":
        old_modernbert(folder / "config.json")
    pick = random.Random(name)
    sequences = []
    for n in lengths:
        ids = [pick.randrange(97) for _ in range(n)]
        if prefix == "Bart":
            ids[-1] = config.eos_token_id
        sequences.append((ids, [int(types and i > n // 2) for i in range(n)]))
    write_expected(folder / "expected.json", model, sequences, every=1, types=types)


def old_modernbert(path):
    """The fields as the first releases wrote them."""
    config = json.loads(path.read_text())
    kinds, ropes = config.pop("layer_types"), config.pop("rope_parameters")
    config["global_attn_every_n_layers"] = 1 + kinds[1:].index("full_attention")
    config["global_rope_theta"] = ropes["full_attention"]["rope_theta"]
    config["local_rope_theta"] = ropes["sliding_attention"]["rope_theta"]
    path.write_text(json.dumps(config, indent=2) + "\n")


def save_shards(name):
    """A checkpoint of before in two files, as large ones come."""
    source, folder = HERE / "tiny" / name, HERE / "tiny" / f"{name}-sharded"
    folder.mkdir()
    state = load_file(source / "model.safetensors")
    names = sorted(state)
    weight_map = {}
    for part, keys in enumerate((names[: len(names) // 2], names[len(names) // 2 :]), 1):
        file = f"model-{part:05}-of-00002.safetensors"
        save_file({key: state[key] for key in keys}, folder / file, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(keys, file)
    size = sum(value.numel() * value.element_size() for value in state.values())
    index = {"metadata": {"total_size": size}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")
    for file in ("config.json", "expected.json"):
        shutil.copy(source / file, folder / file)


def write_expected(path, model, sequences, every, types=True):
    """One line a sequence, so that a change can be reviewed."""
    lines = []
    for ids, type_ids in sequences:
        with torch.no_grad():
            inputs = {"input_ids": torch.tensor([ids])} | ({"token_type_ids": torch.tensor([type_ids])} if types else {})
            logits = model(**inputs, attention_mask=torch.ones(1, len(ids), dtype=torch.long)).logits
        logits = logits.reshape(-1, logits.shape[-1])
        rows = list(range(len(logits)))
        if len(rows) > 20 and every > 1:
            rows = rows[::every] + ([rows[-1]] if rows[-1] % every else [])
        numbers = "[" + ",".join("[" + ",".join(f"{x:.9g}" for x in logits[row].tolist()) + "]" for row in rows) + "]"
        lines.append(f'{{"ids":{compact(ids)},"type_ids":{compact(type_ids)},"rows":{compact(rows)},"logits":{numbers}}}')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")


def compact(numbers):
    return json.dumps(numbers, separators=(",", ":"))


def bundled(name, model_class, pairs):
    """Sequences of real words: the text above from another start for each length, with special tokens."""
    folder = MODELS / f"{name}-minilm-l6"
    config = BertConfig.from_pretrained(folder)
    config._attn_implementation = "eager"
    model = model_class(config).float().eval()
    stored = load_file(folder / "model.safetensors")
    loaded = model.load_state_dict({key: value.float() for key, value in stored.items()}, strict=False)
    assert not loaded.missing_keys, loaded
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    words = tokenizer.encode(TEXT, add_special_tokens=False).ids
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    sequences = []
    for start, length in enumerate((1, 2, 3, 5, 17, 64, 66, 67, 128, 200, 384, 512)):
        at = start * 31
        inner = [words[(at + i) % len(words)] for i in range(length - 2)]
        ids = ([cls] + inner + [sep])[:length]
        type_ids = [0] * length
        if pairs and length > 4:
            second = length - min(length // 3, 12)
            ids[second - 1] = sep
            type_ids[second:] = [1] * (length - second)
        sequences.append((ids, type_ids))
    write_expected(HERE / "bundled" / f"{name}.json", model, sequences, every=16)


def old_names(key):
    """Without the prefix and with TensorFlow's names for the vectors of a layer normalisation."""
    return key.removeprefix("bert.").replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")


def main():
    torch.set_num_threads(1)
    shutil.rmtree(HERE / "tiny", ignore_errors=True)
    token, sequence = BertForTokenClassification, BertForSequenceClassification
    save_tiny("token", token)
    save_tiny("token-f16", token, dtype=torch.float16)
    save_tiny("token-bf16", token, dtype=torch.bfloat16)
    save_tiny("token-pooler", token, dtype=torch.float16, pooler=True)
    save_tiny("token-old-names", token, dtype=torch.float16, rename=old_names)
    save_tiny("token-gelu-new", token, dtype=torch.float16, hidden_act="gelu_new")
    save_tiny("token-relu", token, dtype=torch.float16, hidden_act="relu")
    save_tiny("token-odd-sizes", token, hidden_size=20, num_attention_heads=4, intermediate_size=37)
    save_tiny("sequence", sequence)
    save_tiny("sequence-f16", sequence, dtype=torch.float16)
    for name, prefix, heads, *rest in ARCHITECTURES:
        for head in heads:
            save_architecture(name, prefix, head, *rest)
    save_shards("token")
    bundled("ner", token, pairs=False)
    bundled("nli", sequence, pairs=True)


if __name__ == "__main__":
    main()
