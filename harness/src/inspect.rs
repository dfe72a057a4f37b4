//! Looking into one program on one engine: what its compilers did and why, where its time goes. Nothing here is a
//! measurement that is compared: a run that is looked into is never timed.

pub mod trace;

pub mod code_name;

pub mod program;

pub mod profile;

pub mod unit_history;

pub mod hotspots;

pub mod stage_text;

pub mod explore;

pub mod example;
