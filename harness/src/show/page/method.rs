//! The paragraph on method, generated from a run, ready for a paper, with what it cites in BibTeX.

use crate::analyse::{Depth, LABEL};
use crate::machine::terminal;
use crate::show::view::View;
use crate::statistics::FEWEST_FOR_RESAMPLING;
use crate::statistics::inference::{EQUIVALENT, FALSE_DISCOVERY_RATE};
use crate::statistics::steady_state::TOLERANCE;

/// The paragraph. Keys of what it cites stand in brackets.
pub fn paragraph(view: &View) -> String {
    let analysis = view.analysis;
    let plan = analysis.plan;
    let environment = &view.recorded.environment;
    let machine = &environment.machine;
    let processes = terminal::count(plan.invocations, "process");
    let mut sentences = vec![format!(
        "We ran {} of {} at size {} in {processes} each, of {}, one process at a time, in randomised complete blocks (seed {}); \
         every result was checked against the expected one.",
        terminal::count(plan.workloads.len(), "workload"),
        terminal::count(plan.contenders.len(), "contender"),
        plan.size.name(),
        plan.iterations.in_words(),
        plan.seed
    )];
    sentences.push(match analysis.depth {
        Depth::FirstLook => format!(
            "Times are means of the last half of the iterations of each process ({LABEL}); the unit of replication is the \
             process [kalibera2013], and intervals are at 95 % by Student's t on logarithms."
        ),
        Depth::Full => format!(
            "Warm-up was found by change points of each process's times [barrett2017, killick2012], with means within {:.0} % \
             taken as one level; times are means of the steady iterations. The unit of replication is the process \
             [kalibera2013]; intervals are at 95 % on logarithms, by {}. A difference is called faster or slower so that at \
             most {:.0} % of those are so by chance [benjamini1995], and equivalent if its interval lies within {:.1} %.",
            100.0 * TOLERANCE,
            if (plan.invocations as usize) < FEWEST_FOR_RESAMPLING { "Student's t" } else { "the bootstrap-t [efron1993]" },
            100.0 * FALSE_DISCOVERY_RATE,
            100.0 * analysis.floor().map_or(EQUIVALENT, |floor| floor.relative.max(EQUIVALENT)),
        ),
    });
    sentences.push(
        "Speed-ups are paired by block, their means geometric over the workloads that all contenders finished. Break-even is the \
         first crossing of mean cumulative times, start-up included, that lasts; its interval is from processes resampled by \
         block [hesterberg2015]."
            .to_string(),
    );
    if let Some(floor) = analysis.floor() {
        sentences.push(format!(
            "Identical programs differed by up to {:.2} % on this machine (A/A).",
            100.0 * floor.relative
        ));
    }
    let unknown = || "unknown".to_string();
    sentences.push(format!(
        "Children started with environments of random size [mytkowicz2009]. Machine: {}, {}{}, Linux {}, {}; jitlab {} at {}{}, \
         {}.",
        machine.cpu_model.clone().unwrap_or_else(unknown),
        terminal::count(machine.cores.unwrap_or(0) as usize, "processor"),
        if machine.virtual_machine { ", virtual" } else { "" },
        machine.kernel.clone().unwrap_or_else(unknown),
        machine.os.clone().unwrap_or_else(unknown),
        environment.harness_version,
        environment.git_revision.as_deref().map_or("an unknown revision", |revision| &revision[..revision.len().min(12)]),
        if environment.git_dirty == Some(true) { " with uncommitted changes" } else { "" },
        environment.build.rustc.clone().unwrap_or_else(unknown),
    ));
    sentences.join(" ")
}

/// What a paragraph cites, in BibTeX.
pub fn references(paragraph: &str) -> String {
    let cited = REFERENCES.iter().filter(|(key, _)| paragraph.contains(key));
    cited.map(|(key, entry)| entry.replace("KEY", key)).collect::<Vec<String>>().join("\n")
}

const REFERENCES: [(&str, &str); 7] = [
    (
        "barrett2017",
        "@article{KEY,\n  author = {Barrett, Edd and Bolz-Tereick, Carl Friedrich and Killick, Rebecca and Mount, Sarah and Tratt, \
         Laurence},\n  title = {Virtual Machine Warmup Blows Hot and Cold},\n  journal = {Proceedings of the ACM on Programming \
         Languages},\n  volume = {1},\n  number = {OOPSLA},\n  year = {2017},\n  doi = {10.1145/3133876}\n}\n",
    ),
    (
        "killick2012",
        "@article{KEY,\n  author = {Killick, Rebecca and Fearnhead, Paul and Eckley, Idris A.},\n  title = {Optimal Detection of \
         Changepoints With a Linear Computational Cost},\n  journal = {Journal of the American Statistical Association},\n  \
         volume = {107},\n  number = {500},\n  pages = {1590--1598},\n  year = {2012},\n  doi = \
         {10.1080/01621459.2012.737745}\n}\n",
    ),
    (
        "kalibera2013",
        "@inproceedings{KEY,\n  author = {Kalibera, Tomas and Jones, Richard},\n  title = {Rigorous Benchmarking in Reasonable \
         Time},\n  booktitle = {Proceedings of the 2013 International Symposium on Memory Management},\n  year = {2013},\n  doi = \
         {10.1145/2464157.2464160}\n}\n",
    ),
    (
        "efron1993",
        "@book{KEY,\n  author = {Efron, Bradley and Tibshirani, Robert J.},\n  title = {An Introduction to the Bootstrap},\n  \
         publisher = {Chapman and Hall},\n  year = {1993}\n}\n",
    ),
    (
        "benjamini1995",
        "@article{KEY,\n  author = {Benjamini, Yoav and Hochberg, Yosef},\n  title = {Controlling the False Discovery Rate: A \
         Practical and Powerful Approach to Multiple Testing},\n  journal = {Journal of the Royal Statistical Society: Series B},\n  \
         volume = {57},\n  number = {1},\n  pages = {289--300},\n  year = {1995}\n}\n",
    ),
    (
        "hesterberg2015",
        "@article{KEY,\n  author = {Hesterberg, Tim C.},\n  title = {What Teachers Should Know About the Bootstrap: Resampling in \
         the Undergraduate Statistics Curriculum},\n  journal = {The American Statistician},\n  volume = {69},\n  number = {4},\n  \
         pages = {371--386},\n  year = {2015},\n  doi = {10.1080/00031305.2015.1089789}\n}\n",
    ),
    (
        "mytkowicz2009",
        "@inproceedings{KEY,\n  author = {Mytkowicz, Todd and Diwan, Amer and Hauswirth, Matthias and Sweeney, Peter F.},\n  title = \
         {Producing Wrong Data Without Doing Anything Obviously Wrong!},\n  booktitle = {Proceedings of the 14th International \
         Conference on Architectural Support for Programming Languages and Operating Systems},\n  year = {2009},\n  doi = \
         {10.1145/1508244.1508275}\n}\n",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_has_its_key_and_closes() {
        let all: String = REFERENCES.iter().map(|(key, _)| format!("[{key}] ")).collect();
        let text = references(&all);
        for (key, _) in REFERENCES {
            assert!(text.contains(&format!("{{{key},")), "{key}");
        }
        assert_eq!(text.matches('{').count(), text.matches('}').count());
        assert_eq!(references("cites nothing"), "");
    }
}
