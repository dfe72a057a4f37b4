//! `fib` and `queens`: functions that call themselves.

use std::hint::black_box;

use crate::{hidden, hidden_count};

/// The n-th Fibonacci number by the definition. LLVM may inline the recursion into itself, and does.
pub(crate) fn fib(n: u64) -> String {
    black_box(fibonacci(hidden(n))).to_string()
}

fn fibonacci(n: i64) -> i64 {
    if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
}

/// How many ways there are to place n queens.
pub(crate) fn queens(n: u64) -> String {
    let n = hidden_count(n);
    let mut board =
        Board { n, columns: vec![false; n + 1], falling: vec![false; 2 * n + 1], rising: vec![false; 2 * n + 1] };
    black_box(board.place(1)).to_string()
}

/// Which lines are attacked, all counted from 1 as in the Lua program.
struct Board {
    n: usize,
    columns: Vec<bool>,
    falling: Vec<bool>,
    rising: Vec<bool>,
}

impl Board {
    fn place(&mut self, row: usize) -> i64 {
        if row > self.n {
            return 1;
        }
        let mut ways = 0;
        for column in 1..self.n + 1 {
            let (fall, rise) = (row + self.n - column, row + column);
            if !(self.columns[column] || self.falling[fall] || self.rising[rise]) {
                self.mark(column, fall, rise, true);
                ways += self.place(row + 1);
                self.mark(column, fall, rise, false);
            }
        }
        ways
    }

    fn mark(&mut self, column: usize, fall: usize, rise: usize, attacked: bool) {
        self.columns[column] = attacked;
        self.falling[fall] = attacked;
        self.rising[rise] = attacked;
    }
}
