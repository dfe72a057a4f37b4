//! The table of speed-ups in LaTeX, with the rules of booktabs, to be put into a paper with `\input`.

use crate::analyse::Analysis;
use crate::show::table;
use crate::show::view::shown_label;

/// The table.
pub fn export(analysis: &Analysis) -> String {
    let texts = table::comparison(analysis);
    let columns = texts.header.len();
    let row = |cells: &[String]| {
        let cells: Vec<String> =
            cells.iter().map(|cell| escaped(cell.split('\n').next().unwrap_or_default())).collect();
        format!("{} \\\\\n", cells.join(" & "))
    };
    let mut header = vec![texts.header[0].clone()];
    header.extend(analysis.order().iter().map(|contender| shown_label(&analysis.plan.contenders[*contender])));
    let mut text = format!("% {}: needs \\usepackage{{booktabs}}\n", escaped(&analysis.plan.run_id));
    text.push_str(&format!(
        "\\begin{{tabular}}{{l{}}}\n\\toprule\n{}\\midrule\n",
        "r".repeat(columns - 1),
        row(&header)
    ));
    texts.rows.iter().for_each(|cells| text.push_str(&row(cells)));
    text.push_str("\\bottomrule\n\\end{tabular}\n");
    text
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => escaped.extend(['\\', letter]),
            '~' => escaped.push_str("$\\sim$"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '\\' => escaped.push_str("\\textbackslash{}"),
            '±' => escaped.push_str("$\\pm$"),
            letter => escaped.push(letter),
        }
    }
    escaped
}
