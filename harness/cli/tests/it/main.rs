//! The command line, tested from outside: the real program is run, and its output, its files and its exit status are
//! looked at. One module for each command or concern; the helpers are in `tool`.

mod tool;

mod usage;

mod compare;

mod contenders;

mod programs;

mod effects;

mod width;

mod readme;

mod yardsticks;

mod report;

mod diff;

mod modes;

mod classify;

mod interrupt;

mod run;

mod dump;

mod inspect;

mod resume;

mod validate;

mod world;

mod system_calls;

mod self_check;

mod faults;

mod event_trace;
