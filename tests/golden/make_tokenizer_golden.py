"""Makes small tokenizers of every kind that checkpoints come with, and what they say about difficult text.

    .venv-golden/bin/python tests/golden/make_tokenizer_golden.py         (requirements.txt says how to make the venv)

Writes, beside itself, tokenizers/NAME/{tokenizer.json,expected.json}. The vocabularies are learned from the bundled corpus; what
is learned is not the same in every run, but `expected.json` always belongs to the tokenizer beside it.
`expected.json` has, for each text, ids and the characters that each token stands for (white space at a token's ends, which some
kinds count as its own, is not part of it), and for a pair of texts ids and types with the special tokens around them.
"""

import json
import shutil
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = Path(__file__).parent
CORPUS = HERE.parents[1] / "data" / "envoy" / "documents.jsonl"
SIZE = 600

TEXTS = [
    "José Ramírez met Ursula von der Leyen in Doha on Tuesday.",
    "  Two  spaces,\tone tab\r\nand a line. ",
    "Résumé: naïve cafe\u0301, Å and A\u030a; \u201cquotes\u201d \u2014 dash\u2026",
    "NBSP\u00a0between, ZWJ \U0001f469\u200d\U0001f4bb, flag \U0001f1f5\U0001f1f8, \u0645\u0631\u062d\u0628\u0627",
    "Full\uff21\uff22\uff23 \ufb01ne 1,234.5 isn't 'quoted' <s> [SEP] e-mail@x.org",
]
PAIR = ("The talks in Geneva failed.", "The author is against talks.")


def specials(*tokens):
    return {"vocab_size": SIZE, "special_tokens": list(tokens), "show_progress": False}


def template(cls, sep, between, ids, second=0):
    return processors.TemplateProcessing(
        single=f"{cls} $A {sep}",
        pair=f"{cls} $A {sep}{' ' + between if between else ''} $B:{second} {sep}:{second}",
        special_tokens=[(cls, ids[cls]), (sep, ids[sep])],
    )


def byte_level(texts, roberta):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    names = ("<s>", "<pad>", "</s>", "<unk>", "<mask>") if roberta else ("[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]")
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(initial_alphabet=alphabet, **specials(*names)))
    ids = tokenizer.get_vocab()
    if roberta:
        tokenizer.post_processor = processors.RobertaProcessing(("</s>", ids["</s>"]), ("<s>", ids["<s>"]), add_prefix_space=False)
    else:
        tokenizer.post_processor = template("[CLS]", "[SEP]", "", ids)
    return tokenizer


def unigram(texts, albert):
    names = ("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]") if albert else ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
    tokenizer = Tokenizer(models.Unigram())
    steps = [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    if albert:
        steps = [normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), *steps]
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="\u2581", prepend_scheme="always")
    tokenizer.train_from_iterator(texts, trainers.UnigramTrainer(unk_token="<unk>", **specials(*names)))
    ids = tokenizer.get_vocab()
    tokenizer.post_processor = template("[CLS]", "[SEP]", "", ids, 1) if albert else template("<s>", "</s>", "</s>", ids)
    return tokenizer


def word_piece(texts):
    """As in MPNet: BERT's pieces in RoBERTa's frame."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    names = ("<s>", "<pad>", "</s>", "<unk>", "[UNK]", "<mask>")
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(**specials(*names)))
    tokenizer.post_processor = template("<s>", "</s>", "</s>", tokenizer.get_vocab())
    return tokenizer


def trimmed(text, start, end):
    """The token's characters without white space at its ends; of nothing else, nothing is left at its end."""
    inside = text[start:end]
    if not inside.strip():
        return [end, end]
    return [start + len(inside) - len(inside.lstrip()), end - len(inside) + len(inside.rstrip())]


def save(name, tokenizer):
    folder = HERE / "tokenizers" / name
    folder.mkdir(parents=True)
    tokenizer.encode_special_tokens = True
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    lines = []
    for text in TEXTS:
        encoding = tokenizer.encode(text, add_special_tokens=False)
        spans = [trimmed(text, *span) for span in encoding.offsets]
        lines.append({"text": text, "ids": encoding.ids, "spans": spans})
    single, pair = tokenizer.encode(PAIR[0]), tokenizer.encode(*PAIR)
    framed = {"premise": PAIR[0], "hypothesis": PAIR[1], "single": single.ids, "ids": pair.ids, "type_ids": pair.type_ids}
    rows = ",\n".join(json.dumps(line, separators=(",", ":")) for line in lines)
    (folder / "expected.json").write_text('{"texts":[\n' + rows + '\n],"pair":' + json.dumps(framed, separators=(",", ":")) + "}\n")


def main():
    shutil.rmtree(HERE / "tokenizers", ignore_errors=True)
    texts = [json.loads(line)["text"] for line in CORPUS.read_text().splitlines()]
    save("byte-bpe-roberta", byte_level(texts, roberta=True))
    save("byte-bpe-modernbert", byte_level(texts, roberta=False))
    save("unigram-xlm-roberta", unigram(texts, albert=False))
    save("unigram-albert", unigram(texts, albert=True))
    save("wordpiece-mpnet", word_piece(texts))


if __name__ == "__main__":
    main()
