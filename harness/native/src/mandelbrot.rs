//! `mandelbrot`: float arithmetic with an exit that depends on the data.

use std::hint::black_box;

use crate::hidden;

const LIMIT: i64 = 50;

/// The steps of all points of an n by n grid.
pub(crate) fn mandelbrot(n: u64) -> String {
    let n = hidden(n);
    let mut total = 0;
    let scale = 3.0 / n as f64;
    for row in 0..n {
        let c_im = row as f64 * scale - 1.5;
        for column in 0..n {
            total += escape_steps(column as f64 * scale - 2.0, c_im);
        }
    }
    black_box(total).to_string()
}

/// Steps until the orbit of 0 under z -> z*z + c leaves the disc of radius 2; at most [`LIMIT`].
fn escape_steps(c_re: f64, c_im: f64) -> i64 {
    let (mut re, mut im) = (0.0, 0.0);
    for step in 1..LIMIT + 1 {
        let (re_squared, im_squared) = (re * re, im * im);
        if re_squared + im_squared > 4.0 {
            return step;
        }
        im = 2.0 * re * im + c_im;
        re = re_squared - im_squared + c_re;
    }
    LIMIT
}
