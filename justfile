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

# Criterion benches
bench *filter:
    cargo bench --locked {{ filter }}

# The same models through PyTorch, transformers and ONNX Runtime, side by side in one run
bench-peers *options:
    {{ python }} -m venv .venv-peers
    .venv-peers/bin/pip install --quiet --no-deps -r benches/peers/requirements.txt
    cargo build --release --locked
    .venv-peers/bin/python benches/peers/run.py {{ options }}

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

# Make the golden numbers of the engine anew (pinned PyTorch and transformers)
golden-engine:
    {{ python }} -m venv .venv-golden
    .venv-golden/bin/pip install --quiet --no-deps -r tests/golden/requirements.txt
    .venv-golden/bin/python tests/golden/make_engine_golden.py

# Make the golden numbers of metrics and intervals anew (pinned seqeval, scikit-learn, numpy, scipy)
golden-metrics:
    {{ python }} -m venv .venv-metrics
    .venv-metrics/bin/pip install --quiet -r tests/golden/requirements-metrics.txt
    .venv-metrics/bin/python tests/golden/make_metrics_golden.py

# Make the checked-in example of a run anew
example:
    rm -rf reports/example
    cargo run --release --locked -- run --out reports/example
