//! Runs, records, analyses and draws comparisons of execution strategies.
