//! Label maps that say what is not so.

use crate::cli::desk::Desk;
use snapbox::{IntoData, str};

/// A run of the small suite with a label map for one of its models.
fn mapped(model: &str, labels: &str, message: impl IntoData) {
    let desk = Desk::small();
    let path = format!("path = \"models/{model}\"\n");
    desk.edit("suite.toml", &path, &format!("{path}labels = {{ {labels} }}\n"));
    desk.refuses("run suite.toml --out out", message);
}

#[test]
fn every_name_that_the_model_has_not_is_named() {
    let labels = "LABEL_0 = \"O\", PERSON = \"PER\", PER = \"\"";
    mapped(
        "tagger",
        labels,
        str![[r#"
error: suite `suite.toml` line 11: model `tagger`: label `LABEL_0` is no class or entity type of the model (O, B-PER, I-PER, PER)
suite `suite.toml` line 11: model `tagger`: label `PER` has no meaning
suite `suite.toml` line 11: model `tagger`: label `PERSON` is no class or entity type of the model (O, B-PER, I-PER, PER)
hint: name a class as `id2label` of the model's config.json has it, or an entity type; README.md has examples

"#]],
    );
}

#[test]
fn a_meaning_that_is_none() {
    mapped(
        "judge",
        "contradiction = \"negative\", entails = \"entailment\"",
        str![[r#"
error: suite `suite.toml` line 17: model `judge`: label `contradiction` is given as `negative`, but a class means entailment, neutral, contradiction or not_entailment
suite `suite.toml` line 17: model `judge`: label `entails` is no class of the model (contradiction, neutral, entailment)
hint: name a class as `id2label` of the model's config.json has it, or an entity type; README.md has examples

"#]],
    );
}

#[test]
fn two_classes_of_one_meaning() {
    mapped(
        "judge",
        "neutral = \"entailment\"",
        str![[r#"
error: suite `suite.toml` line 17: model `judge`: label `neutral` is given as entailment, which `entailment` means too
hint: name a class as `id2label` of the model's config.json has it, or an entity type; README.md has examples

"#]],
    );
}

#[test]
fn a_meaning_that_is_no_text() {
    mapped(
        "judge",
        "neutral = 1",
        str![[r#"
error: suite `suite.toml` line 17: invalid type: integer `1`, expected a string
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn a_map_that_leaves_every_type_out() {
    mapped(
        "tagger",
        "PER = \"O\"",
        str![[r#"
error: model `tagger`: no class of the model is an entity type: O, B-PER, I-PER
hint: choose a model that names things, or leave a type in the label map

"#]],
    );
}

#[test]
fn a_map_for_a_floor() {
    mapped(
        "majority",
        "neutral = \"neutral\"",
        str![[r#"
error: suite `suite.toml` line 20: model `majority`: label `neutral` is said of a floor, which has no classes
hint: name a class as `id2label` of the model's config.json has it, or an entity type; README.md has examples

"#]],
    );
}

/// A prediction by one of the small models.
fn predicted(options: &str, message: impl IntoData) {
    let desk = Desk::small();
    desk.refuses(&format!("predict --input corpus/documents.jsonl --output out.jsonl {options}"), message);
}

#[test]
fn an_option_without_a_meaning() {
    predicted(
        "--task ner --model models/tagger --label PER",
        str![[r#"
error: invalid value 'PER' for '--label <NAME=MEANING>': it is not of the form NAME=MEANING

For more information, try '--help'.

"#]],
    );
}

#[test]
fn an_option_about_nothing() {
    predicted(
        "--task ner --model models/tagger --label LOC=PLACE --label PER=PERSON",
        str![[r#"
error: model `models/tagger`: label `LOC` is no class or entity type of the model (O, B-PER, I-PER, PER)
hint: name a class as `id2label` of the model's config.json has it, or an entity type; README.md has examples

"#]],
    );
}

#[test]
fn an_option_with_two_meanings() {
    predicted(
        "--task ner --model models/tagger --label PER=PERSON --label PER=HUMAN",
        str![[r#"
error: `--label` gives `PER` two meanings
hint: leave the option out

"#]],
    );
}

#[test]
fn an_option_about_a_floor() {
    predicted(
        "--task ner --model models/gazetteer --label PER=PERSON",
        str![[r#"
error: model `models/gazetteer`: label `PER` is said of a floor, which has no classes
hint: name a class as `id2label` of the model's config.json has it, or an entity type; README.md has examples

"#]],
    );
}

/// A run of the small suite with other names for the classes of one model.
fn named(model: &str, labels: [&str; 3], message: impl IntoData) {
    let desk = Desk::small();
    let checkpoint = if model == "tagger" { "token" } else { "sequence" };
    desk.tiny_model(&format!("models/{model}"), checkpoint, labels);
    desk.refuses("run suite.toml --out out", message);
}

#[test]
fn classes_with_and_without_a_place() {
    named(
        "tagger",
        ["O", "B-PER", "MISC"],
        str![[r#"
error: model `tagger`: the model's classes are spelt in no one way: `B-PER` says where in a mention a token stands, `MISC` does not, or otherwise
hint: say what the classes mean: `labels = { LABEL_0 = "…" }` under the model in the suite, `--label LABEL_0=…` in predict

"#]],
    );
}

#[test]
fn classes_of_two_schemes() {
    named(
        "tagger",
        ["O", "L-PER", "S-PER"],
        str![[r#"
error: model `tagger`: the model's classes are spelt in no one way: `L-PER` is of BILOU, `S-PER` is of IOBES
hint: say what the classes mean: `labels = { LABEL_0 = "…" }` under the model in the suite, `--label LABEL_0=…` in predict

"#]],
    );
}

#[test]
fn classes_without_a_type() {
    named(
        "tagger",
        ["O", "B", "I"],
        str![[r#"
error: model `tagger`: no class of the model is an entity type: B, I
hint: choose a model that names things, or leave a type in the label map

"#]],
    );
}

#[test]
fn classes_that_mean_the_same() {
    named(
        "judge",
        ["contradiction", "not_entailment", "entailment"],
        str![[r#"
error: model `judge`: exactly one class of the model must mean contradiction, but its classes are: contradiction, not_entailment, entailment
hint: say what the classes mean: `labels = { LABEL_0 = "…" }` under the model in the suite, `--label LABEL_0=…` in predict

"#]],
    );
}

#[test]
fn probes_that_are_neither_on_nor_off() {
    let desk = Desk::small();
    desk.edit("suite.toml", "path = \"models/judge\"\n", "path = \"models/judge\"\nprobes = \"no\"\n");
    desk.refuses(
        "run suite.toml --out out",
        str![[r#"
error: suite `suite.toml` line 17: invalid type: string "no", expected a boolean
hint: suites/demo.toml is an example that works

"#]],
    );
}

#[test]
fn a_type_that_is_mapped_to_a_tag() {
    Desk::small().refuses(
        "predict --task ner --model models/tagger --input corpus/documents.jsonl --output out.jsonl --label PER=B-PERSON",
        str![[r#"
error: model `models/tagger`: label `PER` is an entity type, and `B-PERSON` a tag: write the type alone, `PERSON`
hint: name a class as `id2label` of the model's config.json has it, or an entity type; README.md has examples

"#]],
    );
}
