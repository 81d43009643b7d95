//! `report.html`: the Markdown report as one page that stands alone.

use super::plot::scores_plot;
use crate::run::Results;
use pulldown_cmark::{Options, Parser};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#222}\
h1,h2,h3{line-height:1.2;margin-top:2rem}table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}\
th,td{padding:.3rem .7rem;border-bottom:1px solid #ddd;font-variant-numeric:tabular-nums;white-space:nowrap}\
th{border-bottom:2px solid #999}code{background:#f4f4f0;padding:.1rem .25rem;border-radius:3px}li{margin:.3rem 0}\
@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}th,td{border-color:#444}code{background:#2a2a2a}}\
figure{margin:1rem 0}figure svg{max-width:100%;height:auto}";

/// The report of a run as a page with its style and charts inside; it loads nothing. `markdown` is the report's other form.
pub fn html(results: &Results, markdown: &str) -> String {
    let mut body = String::new();
    pulldown_cmark::html::push_html(&mut body, Parser::new_ext(markdown, Options::ENABLE_TABLES));
    // The charts stand below the answers, which are the first list.
    let charts = results.record.evaluations.iter().map(|evaluation| scores_plot(results, evaluation));
    let charts: String = charts.flat_map(|chart| ["<figure>".to_owned(), chart, "</figure>\n".to_owned()]).collect();
    let body = body.replacen("</ul>\n", &format!("</ul>\n{charts}"), 1);
    let mut escaped = String::new();
    escape(&results.record.name, &mut escaped);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{escaped}</title><style>{STYLE}</style></head>\n\
         <body>\n{body}</body></html>\n"
    )
}

fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other => out.push(other),
        }
    }
}
