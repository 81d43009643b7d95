//! Files as the tools themselves write them.

use karat::base::Stance;
use karat::corpus::exchange::{self, Format, Import, Labelled, Scheme};
use tempfile::TempDir;

/// Reads one file.
fn read(content: &str, format: Format) -> Import {
    let home = TempDir::new().unwrap();
    let path = home.path().join("file");
    std::fs::write(&path, content).unwrap();
    exchange::read(&path, format).unwrap_or_else(|error| panic!("{error}"))
}

/// Reads a folder.
fn read_folder(files: &[(&str, &str)], format: Format) -> Import {
    let home = TempDir::new().unwrap();
    for (name, content) in files {
        std::fs::write(home.path().join(name), content).unwrap();
    }
    exchange::read(home.path(), format).unwrap_or_else(|error| panic!("{error}"))
}

/// `start..end label surface` of each mention.
fn mentions(labelled: &Labelled) -> Vec<String> {
    let text: Vec<char> = labelled.document.text.chars().collect();
    let shown = |entity: &karat::base::Entity| {
        let surface: String = text[entity.span.start..entity.span.end].iter().collect();
        format!("{}..{} {} {surface}", entity.span.start, entity.span.end, entity.label)
    };
    labelled.entities.as_ref().unwrap().iter().map(shown).collect()
}

fn losses(import: &Import) -> Vec<String> {
    import.losses.iter().map(ToString::to_string).collect()
}

fn ids(import: &Import) -> Vec<&str> {
    import.gold.documents.iter().map(|labelled| labelled.document.id.as_str()).collect()
}

#[test]
fn conll_2003_has_four_columns_and_iob1() {
    let import = read(
        "-DOCSTART- -X- -X- O\n\nEU NNP B-NP I-ORG\nrejects VBZ B-VP O\nGerman JJ B-NP I-MISC\ncall NN I-NP O\n. . O O\n\n\
         Peter NNP B-NP I-PER\nBlackburn NNP I-NP I-PER\n\n-DOCSTART- -X- -X- O\n\nDoha NNP B-NP I-LOC\nQatar NNP I-NP B-LOC\n",
        Format::Conll(None),
    );
    assert_eq!(ids(&import), ["doc-1", "doc-2"]);
    let documents = &import.gold.documents;
    assert_eq!(documents[0].document.text, "EU rejects German call .\nPeter Blackburn");
    assert_eq!(mentions(&documents[0]), ["0..2 ORG EU", "11..17 MISC German", "25..40 PER Peter Blackburn"]);
    assert_eq!(mentions(&documents[1]), ["0..4 LOC Doha", "5..10 LOC Qatar"]);
    assert_eq!(import.remarks, ["tags are read as IOB1, because of `I-ORG` in line 3"]);
}

#[test]
fn tags_without_b_are_iob1_and_that_is_said() {
    let import = read("Doha I-LOC\nQatar I-LOC\n", Format::Conll(None));
    assert_eq!(mentions(&import.gold.documents[0]), ["0..10 LOC Doha Qatar"]);
    assert_eq!(
        import.remarks,
        ["tags are read as IOB1; there is no `B-`, so mentions of one label that touch are one"]
    );
}

#[test]
fn wnut_has_tabs_and_tokens_that_begin_with_a_hash() {
    let import = read("#SemST\tO\n# \tO\nZoë\tB-person\n\n👍\tO\nNew York\tB-location\n", Format::Conll(None));
    let document = &import.gold.documents[0];
    assert_eq!(document.document.text, "#SemST #  Zoë\n👍 New York");
    assert_eq!(mentions(document), ["10..13 person Zoë", "16..24 location New York"]);
}

#[test]
fn comments_of_conll_u_name_documents() {
    let import = read(
        "# newdoc id = one\n# sent_id = 1\n# text = Zoë left\nZoë S-PER\nleft O\n\n# newdoc id = two\nThe O\nHague S-LOC\n\n# sent_id = 3\n= O\n",
        Format::Conll(None),
    );
    assert_eq!(ids(&import), ["one", "two"]);
    assert_eq!(import.gold.documents[1].document.text, "The Hague\n=");
    assert_eq!(losses(&import), ["3 comments"]);
    assert_eq!(import.remarks, ["tags are read as IOBES, because of `S-PER` in line 4"]);
}

#[test]
fn windows_line_ends_are_none_of_a_tag() {
    let import = read("Zoë U-PER\r\n\r\nDoha O\r\n", Format::Conll(Some(Scheme::Bilou)));
    assert_eq!(import.gold.documents[0].document.text, "Zoë\nDoha");
    assert_eq!(mentions(&import.gold.documents[0]), ["0..3 PER Zoë"]);
}

#[test]
fn brat_has_more_than_mentions() {
    let text = "👍 Sony bought\nNew\nYork for 5.";
    let ann = "T1\tOrganization 2 6\tSony\nT2\tMERGE-ORG 7 13\tbought\nE1\tMERGE-ORG:T2 Org1:T1\nT3\tLocation 14 17;18 22\tNew York\n\
               R1\tOrigin Arg1:T1 Arg2:T3\n*\tEquiv T1 T3\nA1\tNegation E1\nM1\tSpeculation E1\nN1\tReference T1 Wikipedia:534366\tBarack\n\
               #1\tAnnotatorNotes T1\tthis is a note\n";
    let import = read_folder(
        &[("a.txt", text), ("a.ann", ann), ("b.txt", "Not looked at."), ("c.txt", "None."), ("c.ann", "")],
        Format::Brat,
    );
    assert_eq!(ids(&import), ["a", "b", "c"]);
    let documents = &import.gold.documents;
    assert_eq!(
        mentions(&documents[0]),
        ["2..6 Organization Sony", "7..13 MERGE-ORG bought", "14..22 Location New\nYork"]
    );
    assert_eq!(documents[1].entities, None);
    assert_eq!(documents[2].entities, Some(Vec::new()));
    assert_eq!(losses(&import), ["2 attributes", "1 events", "1 normalizations", "1 notes", "2 relations"]);
}

/// An export of Label Studio with the offsets of “test” and “Doha”, and with or without surfaces.
fn label_studio(offsets: [(usize, usize); 2], surfaces: bool) -> String {
    let text = "👩🏽\u{200D}🚀 a test\nin Doha";
    let result = |(start, end), label: &str, surface: &str| {
        let text = if surfaces { serde_json::json!(surface) } else { serde_json::Value::Null };
        serde_json::json!({
            "value": { "start": start, "end": end, "text": text, "labels": [label] },
            "id": "gew3t9fgkg", "from_name": "label", "to_name": "text", "type": "labels", "origin": "manual",
        })
    };
    serde_json::json!([{
        "id": 7, "project": 83, "created_at": "2021-03-09T21:52:49.513742Z", "predictions": [{ "result": [] }],
        "data": { "text": text, "title": "T" },
        "annotations": [
            { "id": 1, "was_cancelled": true, "ground_truth": false, "lead_time": 4.3, "result": [] },
            { "id": 2, "was_cancelled": false, "completed_by": 10, "result": [
                result(offsets[0], "MISC", "test"), result(offsets[1], "LOC", "Doha"),
                { "type": "choices", "from_name": "stance-deal", "to_name": "text", "value": { "choices": ["favor"] } },
                { "type": "choices", "from_name": "talks", "to_name": "text", "value": { "choices": ["against"] } },
                { "type": "choices", "from_name": "mood", "to_name": "text", "value": { "choices": ["Sunny"] } },
                { "type": "textarea", "from_name": "comment", "to_name": "text", "value": { "text": ["why"] } },
                { "type": "relation", "from_id": "a", "to_id": "b", "direction": "right" },
            ] },
            { "id": 3, "result": [] },
        ],
    }])
    .to_string()
}

#[test]
fn label_studio_counts_characters_today() {
    let import = read(&label_studio([(7, 11), (15, 19)], true), Format::LabelStudio);
    let document = &import.gold.documents[0];
    assert_eq!(document.document.id, "7");
    assert_eq!(mentions(document), ["7..11 MISC test", "15..19 LOC Doha"]);
    assert_eq!(document.metadata["title"], "T");
    assert_eq!(document.stances["deal"], Stance::Favor);
    assert_eq!(document.stances["talks"], Stance::Against);
    assert_eq!(
        losses(&import),
        [
            "1 annotations beyond the first of their task",
            "1 annotations that were cancelled",
            "1 choices of `mood` that are no stance",
            "1 predictions of models",
            "1 results of type `relation`",
            "1 results of type `textarea`",
        ]
    );
    assert!(import.remarks.is_empty());
}

#[test]
fn label_studio_counted_utf_16_before() {
    let import = read(&label_studio([(10, 14), (18, 22)], true), Format::LabelStudio);
    assert_eq!(mentions(&import.gold.documents[0]), ["7..11 MISC test", "15..19 LOC Doha"]);
    assert_eq!(import.remarks, ["offsets are UTF-16 code units, as Label Studio wrote them before late 2021"]);
}

#[test]
fn offsets_that_nothing_tells_are_taken_for_characters_and_that_is_said() {
    let import = read(&label_studio([(7, 11), (15, 19)], false), Format::LabelStudio);
    assert_eq!(mentions(&import.gold.documents[0]), ["7..11 MISC test", "15..19 LOC Doha"]);
    assert!(import.remarks[0].starts_with("offsets are taken for characters"), "{:?}", import.remarks);
    assert!(import.remarks[0].contains("2 mentions would lie elsewhere"), "{:?}", import.remarks);
}

#[test]
fn stances_alone_say_nothing_of_names() {
    let choice = r#"{"type": "choices", "from_name": "deal", "value": {"choices": ["neutral"]}}"#;
    let import = read(
        &format!(r#"[{{"data": {{"text": "a"}}, "annotations": [{{"result": [{choice}]}}]}}]"#),
        Format::LabelStudio,
    );
    assert_eq!(import.gold.documents[0].entities, None);
    assert_eq!(import.gold.documents[0].document.id, "doc-1");
}

#[test]
fn prodigy_and_both_spacys_write_lines_of_their_own() {
    let import = read(
        concat!(
            r#"{"text":"👍 Zoë left","_input_hash":-1,"_task_hash":2,"tokens":[],"spans":[{"start":2,"end":5,"token_start":1,"token_end":1,"label":"PERSON"}],"meta":{"source":"x"},"answer":"accept"}"#,
            "\n",
            r#"{"text":"spam","answer":"reject","spans":[]}"#,
            "\n",
            r#"{"text":"In Doha","ents":[{"start":3,"end":7,"label":"GPE"}],"sents":[],"tokens":[],"spans":{"sc":[]},"cats":{"deal=favor":1.0,"deal=against":0.0,"POSITIVE":0.3}}"#,
            "\n",
            r#"["Zoë left",{"entities":[[0,3,"PERSON"]]}]"#,
            "\n",
            r#"{"id":17,"text":"nothing known","title":"T"}"#,
            "\n",
        ),
        Format::Spacy,
    );
    assert_eq!(ids(&import), ["doc-1", "doc-2", "doc-3", "17"]);
    let documents = &import.gold.documents;
    assert_eq!(mentions(&documents[0]), ["2..5 PERSON Zoë"]);
    assert_eq!(documents[0].metadata["source"], "x");
    assert_eq!(mentions(&documents[1]), ["3..7 GPE Doha"]);
    assert_eq!(documents[1].stances["deal"], Stance::Favor);
    assert_eq!(mentions(&documents[2]), ["0..3 PERSON Zoë"]);
    assert_eq!(documents[3].entities, None);
    assert_eq!(documents[3].metadata["title"], "T");
    assert_eq!(
        losses(&import),
        [
            "1 categories that are no stance (`target=stance`)",
            "1 examples that were rejected or ignored",
            "1 fields `_input_hash`",
            "1 fields `_task_hash`",
            "1 fields `sents`",
            "1 fields `spans` beside the one that mentions are taken from",
            "2 fields `tokens`",
        ]
    );
}

#[test]
fn semeval_2016_has_a_line_a_tweet() {
    let import = read(
        "ID\tTarget\tTweet\tStance\n101\tAtheism\tdear lord \"thank you\" for all of ur blessings #SemST\tAGAINST\r\n\
         102\tClimate Change is a Real Concern\t@a 👍 🌍  #SemST\tFAVOR\n103\tHillary Clinton\tx #SemST\tNONE\n104\tHillary Clinton\ty\tUNKNOWN\n",
        Format::Semeval,
    );
    assert_eq!(ids(&import), ["101", "102", "103", "104"]);
    let documents = &import.gold.documents;
    assert_eq!(documents[1].document.text, "@a 👍 🌍  #SemST");
    assert_eq!(documents[0].stances["atheism"], Stance::Against);
    assert_eq!(documents[1].stances["climate-change-is-a-real-concern"], Stance::Favor);
    assert_eq!(documents[2].stances["hillary-clinton"], Stance::Neutral);
    assert!(documents[3].stances.is_empty());
    assert_eq!(import.gold.targets[1].phrase, "Climate Change is a Real Concern");
    assert_eq!(losses(&import), ["1 stances UNKNOWN"]);
}

#[test]
fn more_columns_of_semeval_are_left_out() {
    let import =
        read("ID\tTarget\tTweet\tStance\tOpinion Towards\tSentiment\n1\tA\tx\tFAVOR\t1\tpos\n", Format::Semeval);
    assert_eq!(losses(&import), ["2 columns (Opinion Towards, Sentiment)"]);
}
