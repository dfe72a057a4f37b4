//! What figures and pages show of a run: which contenders and workloads in which order, and for what use their type is
//! sized.

use crate::analyse::Analysis;
use crate::analyse::break_even::BreakEven;
use crate::error::UsageError;
use crate::plan::contender::Contender;
use crate::record::load::Recorded;
use crate::show::theme::{Ink, Marker, Palette, Theme, Tone};

/// For what a figure is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A column of a two-column paper, 84 mm: type of 7 points there. Also a telephone
    Column,
    /// The whole width of a page, 178 mm
    Page,
    /// A slide: type of 18 points at 13.3 inches
    Slide,
}

impl Format {
    /// The name in names of files.
    pub fn name(self) -> &'static str {
        match self {
            Format::Column => "column",
            Format::Page => "page",
            Format::Slide => "slide",
        }
    }

    /// The width in units.
    pub fn width(self) -> i32 {
        match self {
            Format::Column => 400,
            Format::Page => 860,
            Format::Slide => 1280,
        }
    }

    /// The width on paper in points: 84 mm, 178 mm, 13.3 inches.
    pub fn points(self) -> f32 {
        match self {
            Format::Column => 238.0,
            Format::Page => 504.0,
            Format::Slide => 960.0,
        }
    }

    /// The size of type in units.
    pub fn type_size(self) -> f64 {
        match self {
            Format::Column | Format::Page => 12.0,
            Format::Slide => 24.0,
        }
    }
}

/// What is shown of a run.
pub struct View<'a> {
    /// The run.
    pub recorded: &'a Recorded,
    /// Its analysis.
    pub analysis: &'a Analysis<'a>,
    /// When which contender is ahead.
    pub break_evens: &'a [BreakEven],
    /// Colours and markers.
    pub theme: Theme,
    /// What inks look like.
    pub palette: Palette,
    /// The contenders that are shown, by their places, in order.
    pub contenders: Vec<usize>,
    /// The workloads that are shown, by their places, in order.
    pub workloads: Vec<usize>,
    /// For what use.
    pub format: Format,
}

impl<'a> View<'a> {
    /// Everything of a run.
    pub fn new(
        recorded: &'a Recorded,
        analysis: &'a Analysis<'a>,
        break_evens: &'a [BreakEven],
        format: Format,
    ) -> View<'a> {
        let theme = Theme::new(&analysis.plan.contenders);
        let palette = Palette::new(&theme, &analysis.plan.contenders, Tone::Light);
        let (contenders, workloads) = (analysis.order(), (0..analysis.plan.workloads.len()).collect());
        View { recorded, analysis, break_evens, theme, palette, contenders, workloads, format }
    }

    /// The same for another use.
    pub fn as_format(&self, format: Format) -> View<'a> {
        View {
            theme: self.theme.clone(),
            palette: self.palette.clone(),
            contenders: self.contenders.clone(),
            workloads: self.workloads.clone(),
            format,
            ..*self
        }
    }

    /// Only what is named in `only`, contenders and workloads mixed (of a kind that no name is of, all stay); what
    /// `order` names comes first.
    ///
    /// # Errors
    /// [`UsageError`] for a name of neither.
    pub fn choose(&mut self, only: &[String], order: &[String]) -> Result<(), UsageError> {
        let plan = self.analysis.plan;
        let contender = |name: &str| {
            (0..plan.contenders.len())
                .find(|place| plan.contenders[*place].label() == name || plan.contenders[*place].name == name)
        };
        let workload = |name: &str| plan.workloads.iter().position(|workload| workload.name == name);
        for name in only.iter().chain(order) {
            if contender(name).is_none() && workload(name).is_none() {
                let known = plan.contenders.iter().map(|contender| contender.name.as_str());
                let known = known.chain(plan.workloads.iter().map(|workload| workload.name.as_str()));
                return Err(UsageError::unknown("contender or workload", name, known));
            }
        }
        let places = |names: &[String], of: &dyn Fn(&str) -> Option<usize>| {
            names.iter().filter_map(|name| of(name)).collect::<Vec<_>>()
        };
        for (shown, of) in
            [(&mut self.contenders, &contender as &dyn Fn(&str) -> Option<usize>), (&mut self.workloads, &workload)]
        {
            let (only, first) = (places(only, of), places(order, of));
            shown.retain(|place| only.is_empty() || only.contains(place));
            shown.sort_by_key(|place| first.iter().position(|other| other == place).unwrap_or(first.len()));
        }
        Ok(())
    }

    /// The contenders that are shown beside the baseline.
    pub fn compared(&self) -> Vec<usize> {
        self.contenders.iter().copied().filter(|contender| Some(*contender) != self.analysis.baseline).collect()
    }

    /// What a contender is called.
    pub fn label(&self, contender: usize) -> String {
        shown_label(&self.analysis.plan.contenders[contender])
    }

    /// The ink of its marks.
    pub fn ink(&self, contender: usize) -> Ink {
        Ink::Contender(contender)
    }

    /// The shape of its marks.
    pub fn marker(&self, contender: usize) -> Marker {
        self.theme.marker(&self.analysis.plan.contenders[contender].name)
    }
}

/// The contender for readers: the workload in Rust is called that, for it is no limit.
pub fn shown_label(contender: &Contender) -> String {
    if contender.name == crate::plan::contender::NATIVE { "Rust".to_string() } else { contender.label() }
}
