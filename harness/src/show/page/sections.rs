//! The parts of the page, in their order.

use maud::{Markup, PreEscaped, html};

use super::grid::{Cell, Grid};
use super::{Contents, both, method as words, verdict};
use crate::analyse::break_even::{self, BreakEven};
use crate::analyse::warm_up::Costs;
use crate::analyse::{Pair, attribution};
use crate::record::outcome::Outcome;
use crate::record::rows::{EventRow, Row, SummaryRow};
use crate::show::draw;
use crate::show::figure;
use crate::show::scene::Scene;
use crate::show::table::{bytes_text, significant, time_text};
use crate::show::view::{Format, View};
use crate::statistics::{Estimate, median};

/// What was asked and what came out.
pub fn answer(contents: &Contents) -> anyhow::Result<Markup> {
    let view = contents.view;
    let plan = view.analysis.plan;
    let overview = both(view, figure::speed_up::overview)?;
    let heat = both(view, figure::heat_map::scene)?;
    let every = both(view, |view| Some(figure::speed_up::scene(view)))?;
    Ok(html! {
        h1 { (verdict::question(view)) }
        p.muted { "jitlab run " (plan.run_id) " · " (plan.cost()) " · preset " (plan.preset.name()) " · seed " (plan.seed) " · " (plan.created_utc) }
        @for warning in &contents.warnings { div.warning { (warning) } }
        (overview)
        ul.verdict { @for sentence in verdict::sentences(view) { li { (sentence) } } }
        (heat)
        details { summary { "Every workload with its intervals" } (every) }
        details open { summary { "What else has to be said" } ul { @for finding in contents.findings { li { (finding) } } } }
    })
}

/// A contender as a cell: its marker and its name.
fn contender(view: &View, contender: usize) -> Cell {
    Cell::text(view.label(contender)).marked(marker(contender))
}

/// The marker of a contender, as it is in figures; [`markers`] has its shape.
fn marker(contender: usize) -> Markup {
    html! { svg.marker viewBox="0 0 14 14" aria-hidden="true" { use href={ "#marker-" (contender) } {} } }
}

/// The shapes of all markers, once for the page.
///
/// # Errors
/// Those of the drawing library.
pub fn markers(view: &View) -> anyhow::Result<Markup> {
    let mut symbols = Vec::new();
    for contender in &view.contenders {
        let mut scene = Scene::new(14, view.label(*contender));
        scene.height = 14;
        scene.mark((7, 7), 5, view.marker(*contender), view.ink(*contender), false);
        let svg = draw::inline_svg(&scene, &view.palette)?;
        // Behind the paper: that is the page's.
        let shape =
            svg.split_once("/>").and_then(|(_, shape)| shape.rsplit_once("</svg>")).map_or("", |(shape, _)| shape);
        symbols.push((contender, shape.to_string()));
    }
    Ok(html! {
        svg class=(draw::CLASS) width="0" height="0" aria-hidden="true" {
            @for (contender, shape) in &symbols {
                symbol.(draw::CLASS) id={ "marker-" (contender) } viewBox="0 0 14 14" { (PreEscaped(shape)) }
            }
        }
    })
}

fn time(value: Option<f64>) -> Cell {
    Cell::number(value, time_text)
}

fn bytes(value: Option<f64>) -> Cell {
    Cell::number(value, bytes_text)
}

fn ratio(value: Option<f64>) -> Cell {
    Cell::number(value, |value| format!("{}x", significant(value)))
}

fn percent(value: Option<f64>) -> Cell {
    Cell::number(value, |value| format!("{:.1} %", 100.0 * value))
}

fn estimate(value: Option<Estimate>) -> Cell {
    let text = value.map_or(String::new(), |value| {
        let is_nothing = |interval: &crate::statistics::Interval| interval.high < 0.5;
        let interval = value.interval.filter(|interval| !is_nothing(interval)).map_or(String::new(), |interval| {
            // Of what cannot be below nothing, an interval of few processes may still be.
            format!("\n{} to {}", signed_time(interval.low.max(0.0)), signed_time(interval.high))
        });
        format!("{}{interval}", signed_time(value.centre))
    });
    Cell::sorted_by(text, value.map(|value| value.centre))
}

/// A time that may be below 0.
fn signed_time(time_ns: f64) -> String {
    if time_ns.abs() < 0.5 {
        return "0".to_string();
    }
    if time_ns < 0.0 { format!("-{}", time_text(-time_ns)) } else { time_text(time_ns) }
}

/// The middle workload's cost of a contender.
fn over_workloads(view: &View, contender: usize, of: &dyn Fn(&Costs) -> Option<f64>) -> Option<f64> {
    let costs = view.workloads.iter().filter_map(|workload| of(&view.analysis.costs[*workload][contender]));
    median(&costs.collect::<Vec<f64>>())
}

/// What it takes before a contender runs at its speed, and when it has paid.
pub fn warm_up(view: &View) -> anyhow::Result<Markup> {
    let analysis = view.analysis;
    let mut grid = Grid::new([
        "contender",
        "start-up",
        "first iteration",
        "first over warm",
        "time to steady state",
        "warm-up debt",
        "not steady",
    ]);
    for place in &view.contenders {
        let of = |of: &dyn Fn(&Costs) -> Option<f64>| over_workloads(view, *place, of);
        let pairs: Vec<&Pair> = view.workloads.iter().map(|workload| &analysis.pairs[*workload][*place]).collect();
        let classified = pairs.iter().filter(|pair| pair.stability.is_some()).count();
        let unstable = pairs.iter().filter(|pair| pair.is_unstable()).count();
        grid.add(vec![
            contender(view, *place),
            time(of(&|costs| costs.startup_ns)),
            time(of(&|costs| costs.first_ns)),
            ratio(of(&|costs| costs.first_ratio)),
            time(of(&|costs| Some(costs.time_to_steady_ns?.centre))),
            Cell::number(of(&|costs| Some(costs.debt_ns?.centre)), signed_time),
            Cell::sorted_by(
                if classified > 0 { format!("{unstable} of {classified}") } else { String::new() },
                Some(unstable as f64),
            ),
        ]);
    }
    Ok(html! {
        h2 id="warm-up" { "Before it is fast" }
        p { "Medians over workloads; those of a steady state are of the workloads on which every process became steady." }
        (grid.markup())
        h3 { "Break-even" }
        p {
            "From when on the contender of the row is ahead of that of the column for good, start-up and warm-up included: the median \
             over the workloads on which it is the faster one in the end, and on how many of all that is. Size "
            (analysis.plan.size.name()) "; an iteration is the resolution."
        }
        (overall_break_even(view))
    })
}

fn overall_break_even(view: &View) -> Markup {
    let shown = |one: &&BreakEven| view.workloads.contains(&one.workload);
    let mut grid = Grid::new(
        std::iter::once("ahead of".to_string()).chain(view.contenders.iter().map(|place| view.label(*place))),
    );
    for row in &view.contenders {
        let cells = view.contenders.iter().map(|column| {
            let found: Vec<&BreakEven> = view
                .break_evens
                .iter()
                .filter(shown)
                .filter(|one| {
                    (one.faster, one.slower) == (*row, *column) || (one.faster, one.slower) == (*column, *row)
                })
                .collect();
            let summary = break_even::Summary::of(&found, *row);
            let Some(median_ns) = summary.median_ns else {
                return Cell::sorted_by(
                    if found.is_empty() { String::new() } else { format!("never\n0 of {}", summary.workloads) },
                    None,
                );
            };
            let when = if median_ns == 0.0 { "from the start".to_string() } else { time_text(median_ns) };
            Cell::sorted_by(format!("{when}\n{} of {}", summary.faster, summary.workloads), Some(median_ns))
        });
        grid.add(std::iter::once(contender(view, *row)).chain(cells).collect());
    }
    grid.markup()
}

/// A break-even in words: "38 ms (30 ms to never)".
fn break_even_text(one: &BreakEven) -> String {
    let when = |time_ns: f64| if time_ns == 0.0 { "the start".to_string() } else { time_text(time_ns) };
    let centre = if one.is_from_start() { "from the start".to_string() } else { time_text(one.crossing.time_ns) };
    let interval = one.interval.map_or(String::new(), |interval| match interval.high {
        Some(high) => format!("\n{} to {}", when(interval.low.time_ns), when(high.time_ns)),
        None => format!("\n{} to never", when(interval.low.time_ns)),
    });
    let mark = if one.is_extrapolated { " *" } else { "" };
    format!("{centre}{mark}{interval}")
}

/// What speed costs beside time.
pub fn costs(view: &View) -> anyhow::Result<Markup> {
    let mut grid = Grid::new([
        "contender",
        "compiling, whole process",
        "share compiling",
        "share collecting",
        "most memory",
        "machine code",
    ]);
    for place in &view.contenders {
        let of = |of: &dyn Fn(&Costs) -> Option<f64>| over_workloads(view, *place, of);
        grid.add(vec![
            contender(view, *place),
            time(of(&|costs| costs.compile_ns).filter(|time_ns| *time_ns > 0.0)),
            percent(of(&|costs| costs.compile_share)),
            percent(of(&|costs| costs.gc_share)),
            bytes(of(&|costs| costs.max_rss_bytes)),
            bytes(of(&|costs| costs.code_bytes).filter(|bytes| *bytes > 0.0)),
        ]);
    }
    Ok(html! {
        h2 id="costs" { "What speed costs" }
        (both(view, figure::costs::scene)?)
        p { "Medians over workloads." }
        (grid.markup())
        (both(view, figure::time_split::scene)?)
    })
}

/// Why: what compilers did, and what changed the times.
pub fn reasons(view: &View) -> anyhow::Result<Markup> {
    let (analysis, recorded) = (view.analysis, view.recorded);
    let attributions = analysis.attributions(recorded);
    if recorded.events.is_empty() && attributions.is_empty() {
        return Ok(html! {});
    }
    Ok(html! {
        h2 id="reasons" { "Why" }
        (both(view, figure::reasons::scene)?)
        @if !attributions.is_empty() {
            h3 { "What happened at change points" }
            p {
                "In the iteration before a change of a process's times or the first behind it, by its own counters; in brackets as many \
                 as random places in the same processes would have. Units are those that the traced process has there."
            }
            (attribution_grid(view, &attributions))
        }
        @if !recorded.events.is_empty() {
            details {
                summary { "What compilers did" }
                p { "Traced by one untimed process of each pair; every event is in " a href=(EventRow::FILE) { (EventRow::FILE) } "." }
                (compilation_grid(view))
            }
        }
    })
}

fn attribution_grid(view: &View, attributions: &[attribution::Attribution]) -> Markup {
    let seen = |seen: attribution::Seen| {
        let text = if seen.changes == 0 { String::new() } else { format!("{} ({:.1})", seen.changes, seen.by_chance) };
        Cell::sorted_by(text, Some(seen.changes as f64))
    };
    let mut grid = Grid::new([
        "workload",
        "contender",
        "changes",
        "compiled",
        "thrown away",
        "only collected",
        "nothing seen",
        "units",
    ]);
    for one in attributions {
        let units: Vec<String> = one.units.iter().take(3).map(|(unit, count)| format!("{unit} ({count})")).collect();
        grid.add(vec![
            Cell::text(&*view.analysis.plan.workloads[one.place.0].name),
            contender(view, one.place.1),
            Cell::number(Some(one.changes as f64), |count| format!("{count}")),
            seen(one.compiled),
            seen(one.deopted),
            seen(one.collected),
            Cell::number(Some(one.unexplained as f64), |count| format!("{count}")),
            Cell::long(units.join("; ")),
        ]);
    }
    grid.markup()
}

fn compilation_grid(view: &View) -> Markup {
    let count = |count: u64| Cell::number((count > 0).then_some(count as f64), |count| format!("{count}"));
    let mut grid = Grid::new([
        "workload",
        "contender",
        "units compiled",
        "machine code",
        "compile time",
        "last in iteration",
        "of timed processes",
        "declined",
        "side exits",
        "thrown away",
        "blacklisted",
        "evicted",
    ]);
    for found in view.analysis.compilations(view.recorded) {
        grid.add(vec![
            Cell::text(&*view.analysis.plan.workloads[found.place.0].name),
            contender(view, found.place.1),
            count(found.compiled),
            bytes(Some(found.code_bytes as f64)),
            time(Some(found.compile_ns as f64)),
            count(found.last_iteration.unwrap_or(0).into()),
            Cell::number(found.last_iteration_timed, |iteration| format!("{iteration}")),
            count(found.declined),
            count(found.side_exits),
            count(found.deopts),
            count(found.blacklisted),
            count(found.evicted),
        ]);
    }
    grid.markup()
}

/// Every workload by itself.
pub fn workloads(contents: &Contents) -> anyhow::Result<Markup> {
    let view = contents.view;
    let plan = view.analysis.plan;
    let parts = view
        .workloads
        .iter()
        .map(|workload| workload_part(contents, *workload))
        .collect::<anyhow::Result<Vec<Markup>>>()?;
    Ok(html! {
        h2 id="workloads" { "Each workload" }
        ul.links {
            @for workload in &view.workloads {
                @let name = &plan.workloads[*workload].name;
                li { a href={ "#w-" (name) } { (name) } }
            }
        }
        @for part in parts { (part) }
    })
}

fn workload_part(contents: &Contents, workload: usize) -> anyhow::Result<Markup> {
    let view = contents.view.as_format(Format::Column);
    let planned = &view.analysis.plan.workloads[workload];
    let mut figures = Vec::new();
    for (_, scene) in figure::of_workload(&view, workload) {
        figures.push(draw::inline_svg(&scene, &view.palette)?);
    }
    let of_workload: Vec<&BreakEven> = view.break_evens.iter().filter(|one| one.workload == workload).collect();
    Ok(html! {
        details.workload id={ "w-" (planned.name) } open[view.workloads.len() == 1] {
            summary { (planned.name) @if !planned.title.is_empty() { ": " (planned.title) } }
            p.muted {
                @if let Some(group) = &planned.group { (group) ", " }
                @if let Some(n) = planned.n { "n = " (n) ", " }
                "result " code { (shortened(planned.expected.as_deref().unwrap_or("not checked"))) }
            }
            @if let Some(problem) = &planned.problem { div.warning { (problem) } }
            (pair_grid(&view, workload))
            div.small { @for svg in figures { div { (PreEscaped(svg)) } } }
            @if !of_workload.is_empty() {
                h3 { "Break-even" }
                p.muted { "From when on the row is ahead of the column for good; below it the 95 % interval. *: past the measured iterations." }
                (break_even_grid(&view, &of_workload))
            }
            @if let Some(source) = contents.sources.get(&planned.name) {
                details { summary { "Source" } pre { (source) } }
            }
        }
    })
}

fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST { text.to_string() } else { text.chars().take(MOST).chain(['…']).collect() }
}

fn pair_grid(view: &View, workload: usize) -> Markup {
    let mut grid = Grid::new([
        "contender",
        "time",
        "speed-up",
        "verdict",
        "steady",
        "first iteration",
        "time to steady state",
        "warm-up debt",
        "compiling",
        "memory",
        "code",
        "outcome",
    ]);
    for place in &view.contenders {
        let pair = &view.analysis.pairs[workload][*place];
        let costs = &view.analysis.costs[workload][*place];
        let time_cell = match pair.time_modes.as_slice() {
            [] => Cell::number(pair.time_ns.map(|time| time.centre), time_text),
            modes => {
                let texts: Vec<String> =
                    modes.iter().map(|mode| format!("{} in {}", time_text(mode.value), mode.blocks.len())).collect();
                Cell::sorted_by(texts.join("\n"), Some(modes[0].value))
            }
        };
        let class = pair.stability.as_ref().map_or("", |stability| stability.consistency.name());
        grid.add(vec![
            contender(view, *place),
            time_cell,
            speedup_cell(pair),
            Cell::text(pair.verdict.map_or("", |verdict| verdict.name())),
            Cell::text(class).bad_if(pair.is_unstable()),
            time(costs.first_ns),
            estimate(costs.time_to_steady_ns),
            estimate(costs.debt_ns),
            time(costs.compile_ns.filter(|time_ns| *time_ns > 0.0)),
            bytes(costs.max_rss_bytes),
            bytes(costs.code_bytes.filter(|bytes| *bytes > 0.0)),
            outcome_cell(pair),
        ]);
    }
    grid.markup()
}

fn outcome_cell(pair: &Pair) -> Cell {
    match pair.outcome {
        Some(Outcome::Ok) => Cell::text(""),
        Some(outcome) if pair.reason.is_empty() => Cell::long(outcome.words()).bad_if(outcome.is_failure()),
        Some(outcome) => Cell::long(format!("{}: {}", outcome.words(), pair.reason)).bad_if(outcome.is_failure()),
        None => Cell::text("not run").bad_if(true),
    }
}

fn speedup_cell(pair: &Pair) -> Cell {
    if let [slowest, ..] = pair.speedup_modes.as_slice() {
        let texts: Vec<String> = pair
            .speedup_modes
            .iter()
            .map(|mode| format!("{}x in {}", significant(mode.value), mode.blocks.len()))
            .collect();
        return Cell::sorted_by(texts.join("\n"), Some(slowest.value));
    }
    let text = pair.speedup.map_or(String::new(), |speedup| {
        let interval = speedup.interval.map_or(String::new(), |interval| {
            format!("\n{} to {}", significant(interval.low), significant(interval.high))
        });
        format!("{}x{interval}", significant(speedup.centre))
    });
    Cell::sorted_by(text, pair.speedup.map(|speedup| speedup.centre))
}

fn break_even_grid(view: &View, found: &[&BreakEven]) -> Markup {
    let mut grid = Grid::new(
        std::iter::once("ahead of".to_string()).chain(view.contenders.iter().map(|place| view.label(*place))),
    );
    for row in &view.contenders {
        let cells = view.contenders.iter().map(|column| {
            match found.iter().find(|one| (one.faster, one.slower) == (*row, *column)) {
                Some(one) => Cell::sorted_by(break_even_text(one), Some(one.crossing.time_ns)),
                None => Cell::sorted_by("", None),
            }
        });
        let cells: Vec<Cell> = std::iter::once(contender(view, *row)).chain(cells).collect();
        if found.iter().any(|one| one.faster == *row) {
            grid.add(cells);
        }
    }
    grid.markup()
}

/// Every pair with every number.
pub fn every_pair(contents: &Contents) -> Markup {
    let view = contents.view;
    let mut grid = Grid::new([
        "workload",
        "contender",
        "processes",
        "class at 2 %",
        "at 1 %",
        "at 5 %",
        "steady from",
        "iterations used",
        "median",
        "mean",
        "95 % interval",
        "speed-up",
        "95 % interval",
        "interval by",
        "verdict",
        "modes",
        "outcome",
    ]);
    let number = |value: Option<f64>| Cell::number(value, significant);
    let time_ns = |value: Option<u64>| value.map(|time_ns| time_ns as f64);
    for row in contents.summary {
        let Some(cell) = view.analysis.plan.cell(&row.engine, &row.engine_config, &row.workload) else { continue };
        let time_interval = row.ci_low_ns.zip(row.ci_high_ns);
        let interval = row.speedup_ci_low.zip(row.speedup_ci_high);
        let modes = if row.speedup_modes.is_empty() { &row.modes } else { &row.speedup_modes };
        grid.add(vec![
            Cell::text(&*row.workload),
            contender(view, cell.contender),
            Cell::number(Some(row.invocations.into()), |count| format!("{count}")),
            Cell::text(&*row.class),
            Cell::text(&*row.class_at_1_percent),
            Cell::text(&*row.class_at_5_percent),
            Cell::number(row.steady_iteration, |iteration| format!("{iteration}")),
            Cell::number(Some(row.iterations.into()), |count| format!("{count}")),
            time(time_ns(row.median_ns)),
            time(time_ns(row.mean_ns)),
            Cell::text(time_interval.map_or(String::new(), |(low, high)| {
                format!("{} to {}", time_text(low as f64), time_text(high as f64))
            })),
            number(row.speedup),
            Cell::text(
                interval.map_or(String::new(), |(low, high)| format!("{} to {}", significant(low), significant(high))),
            ),
            Cell::text(&*row.interval),
            Cell::text(&*row.verdict),
            Cell::long(modes.as_str()),
            outcome_cell(&view.analysis.pairs[cell.workload][cell.contender]),
        ]);
    }
    html! {
        h2 id="every-pair" { "Every pair" }
        details { summary { (contents.summary.len()) " rows" } (grid.markup()) }
        p { "The same in " a href=(SummaryRow::FILE) { (SummaryRow::FILE) } ", with whole nanoseconds." }
    }
}

/// How it was measured, for a paper.
pub fn method(view: &View) -> Markup {
    let paragraph = words::paragraph(view);
    html! {
        h2 id="method" { "Method" }
        p { (paragraph) }
        details { summary { "What it cites, in BibTeX" } pre { (words::references(&paragraph)) } }
    }
}

/// Where it was measured, and by what.
pub fn place(contents: &Contents) -> Markup {
    let environment = &contents.view.recorded.environment;
    let (machine, build) = (&environment.machine, &environment.build);
    let or_unknown = |value: Option<&str>| value.unwrap_or("unknown").to_string();
    let yes_or_no = |value: Option<bool>| value.map_or("unknown", |yes| if yes { "yes" } else { "no" }).to_string();
    let mut rows = vec![
        ("processor", or_unknown(machine.cpu_model.as_deref())),
        ("processors", machine.cores.map_or("unknown".to_string(), |cores| cores.to_string())),
        ("virtual machine", yes_or_no(Some(machine.virtual_machine))),
        ("governor", or_unknown(machine.governor.as_deref())),
        ("turbo", yes_or_no(machine.turbo)),
        ("threads share cores", yes_or_no(machine.smt)),
        ("caches", machine.caches.join(", ")),
        ("microcode", or_unknown(machine.microcode.as_deref())),
        ("kernel", or_unknown(machine.kernel.as_deref())),
        ("C library", or_unknown(machine.c_library.as_deref())),
        ("allocator", or_unknown(machine.allocator.as_deref())),
        ("system", or_unknown(machine.os.as_deref())),
        ("load before", machine.load1.map_or("unknown".to_string(), |load| load.to_string())),
        ("revision", or_unknown(environment.git_revision.as_deref())),
        ("uncommitted changes", yes_or_no(environment.git_dirty)),
        ("compiler", or_unknown(build.rustc.as_deref())),
        ("profile", or_unknown(build.profile.as_deref())),
    ];
    for yardstick in &environment.yardsticks {
        let how = format!("{}, {}, {}", yardstick.version, yardstick.compiler, yardstick.flags);
        rows.push((yardstick.name.as_str(), how));
    }
    let mut grid = Grid::new(["what", "is"]);
    rows.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .for_each(|(name, value)| grid.add(vec![Cell::text(name), Cell::long(value)]));
    html! {
        h2 id="machine" { "Machine and builds" }
        (grid.markup())
        h2 id="files" { "The numbers" }
        ul.links { @for file in &contents.files { li { a href=(file) { (file) } } } }
    }
}
