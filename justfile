# Recipes wrap the commands of the README; `just` alone lists them.

python := "python3"

[private]
default:
    @just --list --unsorted

# Run the bundled models on the bundled corpus and leave a report under reports/
demo *options:
    cargo run --release --locked -- run {{ options }}

# All tests
test *filter:
    cargo test --release --locked {{ filter }}

# What CI checks: format, lints, docs, licences, tests
check: format-check lint docs deny test

# Format the sources
format:
    cargo fmt

[private]
format-check:
    cargo fmt --check

# Lints, warnings are errors
lint:
    cargo clippy --release --locked --all-targets -- -D warnings

# The library's documentation; a broken link is an error
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --release --locked --no-deps

# Licences, sources and duplicates of dependencies (cargo install cargo-deny --locked)
deny:
    cargo deny --locked check bans licenses sources

# Known vulnerabilities of dependencies; fetches the advisory database
audit:
    cargo deny --locked check advisories

# Make the bundled corpus from its annotated sources, and seal it
corpus:
    cargo run --release --locked -- gold import data/envoy/source --into data/envoy --force
    cargo run --release --locked -- gold seal data/envoy
    cargo run --release --locked -- gold check data/envoy --limit 0

# Bring libtorch for the engine `rust-bert` into the tree, under .libtorch (0.6 GB); `just libtorch cuda` for GPUs (4.5 GB)
libtorch kind="cpu":
    {{ python }} -m venv .venv-libtorch
    .venv-libtorch/bin/python engines/libtorch.py {{ kind }}

# A libtorch must be there: one of your own, or the tree's
[private]
some-libtorch:
    [ -n "${LIBTORCH:-}" ] || [ -f .libtorch/cargo.toml ] || just libtorch

# Both engines on the bundled models: a report that shows how far they agree
demo-rust-bert *options: some-libtorch
    cargo run --release --locked --features rust-bert -- run suites/engines.toml {{ options }}

# The tests of the engine `rust-bert`; those of everything else are in `just test`
test-rust-bert *filter: some-libtorch
    cargo test --release --locked --features rust-bert --lib --test main {{ if filter == "" { "engine" } else { filter } }}

# Criterion benches
bench *filter:
    cargo bench --locked {{ filter }}

# The same models through PyTorch, ONNX Runtime, candle and rust-bert's pipeline, side by side in one run; `--corpus generated` for 2,000 documents
bench-peers *options: some-libtorch
    {{ python }} -m venv .venv-peers
    .venv-peers/bin/pip install --quiet --no-deps -r benches/peers/requirements.txt
    cargo build --release --locked
    cargo --config 'build.rustflags=["-Ctarget-cpu=native"]' build --release --locked --manifest-path benches/peers/candle/Cargo.toml --target-dir target/peers
    cargo build --release --locked --manifest-path benches/peers/rust-bert-pipeline/Cargo.toml --target-dir target/peers
    .venv-peers/bin/python benches/peers/run.py {{ options }}

# Peak memory and speed of `karat predict` on 1, 4 and 16 times as many documents, files in and Parquet out
bench-memory *options:
    cargo build --release --locked
    {{ python }} benches/memory.py {{ options }}

# karat score beside seqeval and nervaluate on a million tokens
bench-metrics *options:
    {{ python }} -m venv .venv-conformance
    .venv-conformance/bin/pip install --quiet -r benches/peers/requirements-metrics.txt
    cargo build --release --locked
    .venv-conformance/bin/python benches/peers/metrics.py {{ options }}

# Metrics against seqeval, nervaluate, scikit-learn and conlleval, number by number
conformance *options:
    {{ python }} -m venv .venv-conformance
    .venv-conformance/bin/pip install --quiet -r conformance/requirements.txt
    .venv-conformance/bin/pip download --quiet --no-deps --no-binary :all: --dest .venv-conformance/sources seqeval==1.2.2 nervaluate==1.2.1
    cargo build --release --locked
    .venv-conformance/bin/python conformance/run.py --sources .venv-conformance/sources {{ options }}

# Make the golden numbers of the engine and of tokenizers anew (pinned PyTorch, transformers, tokenizers)
golden-engine:
    {{ python }} -m venv .venv-golden
    .venv-golden/bin/pip install --quiet --no-deps -r tests/golden/requirements.txt
    .venv-golden/bin/python tests/golden/make_engine_golden.py
    .venv-golden/bin/python tests/golden/make_tokenizer_golden.py

# Make the golden numbers of metrics and intervals anew (pinned seqeval, scikit-learn, numpy, scipy)
golden-metrics:
    {{ python }} -m venv .venv-metrics
    .venv-metrics/bin/pip install --quiet -r tests/golden/requirements-metrics.txt
    .venv-metrics/bin/python tests/golden/make_metrics_golden.py
    .venv-metrics/bin/python tests/golden/make_calibration_golden.py

# Make the golden numbers of intervals and tests anew (pinned scipy, statsmodels)
golden-statistics:
    {{ python }} -m venv .venv-statistics
    .venv-statistics/bin/pip install --quiet -r tests/golden/requirements-statistics.txt
    .venv-statistics/bin/python tests/golden/make_statistics_golden.py

# Hold the bundled NER model on the bundled corpus against baselines/gate; what the workflow of the hosted CI runs
gate:
    rm -rf reports/gate
    cargo run --release --locked -- run suites/gate.toml --out reports/gate
    cargo run --release --locked -- gate reports/gate --baseline gate --comment reports/gate-comment.md --junit reports/gate-junit.xml

# Bless anew what `just gate` holds runs against
bless-gate reason:
    rm -rf reports/gate
    cargo run --release --locked -- run suites/gate.toml --out reports/gate
    cargo run --release --locked -- bless reports/gate --name gate --replace --reason "{{ reason }}"

# See the gate turn green for the same model, red for a damaged copy, and stop on a tiny gold set
gate-trial:
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --release --locked
    karat=$PWD/target/release/karat trial=$PWD/target/gate-trial
    rm -rf "$trial" && mkdir -p "$trial"
    for share in 0.3 0.2; do
        {{ python }} models/recipes/prune.py --from models/ner-minilm-l6 --out "$trial/pruned-$share" --share $share
        sed "s#../models/ner-minilm-l6#pruned-$share#; s#../data#$PWD/data#" suites/gate.toml > "$trial/pruned-$share.toml"
    done
    expect() { # CODE NAME SUITE BASELINE OPTIONS…
        code=$1 name=$2 suite=$3 baseline=$4 && shift 4
        "$karat" run "$suite" --out "$trial/$name" "$@" > "$trial/$name.txt"
        found=0 && "$karat" gate "$trial/$name" --baseline "$trial/$baseline" || found=$?
        [ "$found" = "$code" ] && echo "== $name: exit $found, as expected" || { echo "== $name: exit $found, expected $code"; exit 1; }
    }
    "$karat" run suites/gate.toml --out "$trial/first" > "$trial/first.txt"
    "$karat" run suites/gate.toml --limit 8 --out "$trial/tiny" > "$trial/tiny.txt"
    expect 0 same suites/gate.toml first
    expect 1 damaged "$trial/pruned-0.3.toml" first
    expect 3 undecided "$trial/pruned-0.2.toml" tiny --limit 8

# Make the checked-in example of a run anew
example:
    rm -rf reports/example
    cargo run --release --locked -- run --out reports/example
