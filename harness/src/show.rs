//! What people see of a run: tables, figures, sentences, the page.
//!
//! Knows analyses and what was recorded, and computes nothing of its own: a number that stands in one of these comes
//! from [`crate::analyse`]. Begin with [`table`]; [`report`] puts all of it into a results folder.

pub mod table;

pub mod effects;

pub mod findings;

pub mod change;

pub mod theme;

pub mod scene;

pub mod draw;

pub mod pdf;

pub mod view;

pub mod figure;

pub mod page;

pub mod export;

pub mod report;
